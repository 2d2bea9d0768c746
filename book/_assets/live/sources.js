// Where frames come from: the chapter's clip, a picture or video of the reader's, the camera. Each is
// {element, width, height, moves, whole, lost, close()}; `whole` says that its frame is the crop already, and `lost` is a promise
// of why a video or a camera has ended before it should.
(() => {
  const PICTURE = 4096; // pixels: a larger picture is made smaller first

  /** A source of the video at `url`, which goes with it, or of a camera's `stream`. Rejects, with both let go, if it can't play. */
  async function video(url, stream = null) {
    const element = document.createElement("video");
    let lose;
    const lost = new Promise((resolve) => (lose = resolve));
    const close = () => {
      element.onerror = null;
      element.pause();
      element.removeAttribute("src");
      element.srcObject = null;
      stream?.getTracks().forEach((track) => track.stop());
      if (url) URL.revokeObjectURL(url);
    };
    try {
      Object.assign(element, { muted: true, playsInline: true, loop: true });
      const loaded = new Promise((resolve, reject) => {
        element.onloadeddata = resolve;
        element.onerror = () => reject(new Error("no video that this browser can play"));
      });
      if (stream) element.srcObject = stream;
      else element.src = url;
      await Promise.all([loaded, element.play()]); // some browsers read no picture before they are told to play
      if (!element.videoWidth) throw new Error("a video without a picture that this browser can read");
    } catch (error) {
      close();
      throw error;
    }
    element.onerror = () => lose("The video can't be read any further");
    stream?.getVideoTracks()[0].addEventListener("ended", () => lose("The camera went away"));
    return {
      element,
      get width() { return element.videoWidth; },
      get height() { return element.videoHeight; },
      moves: true,
      lost,
      close,
    };
  }

  async function picture(file) {
    let bitmap = await createImageBitmap(file);
    const scale = PICTURE / Math.max(bitmap.width, bitmap.height);
    if (scale < 1) {
      bitmap = await createImageBitmap(bitmap, { resizeWidth: Math.round(bitmap.width * scale), resizeQuality: "high" });
    }
    return { element: bitmap, width: bitmap.width, height: bitmap.height, moves: false, close: () => bitmap.close() };
  }

  const CAMERA = {
    NotAllowedError: "the camera was refused. Allow it in the browser's settings of this page, then press the button again",
    NotFoundError: "no camera was found",
    NotReadableError: "the camera is in use by another program. Close that one, then press the button again",
  };

  glmkLive.sources = {
    async clip() {
      const data = glmkLive.bytes(await glmkLive.load("clip"));
      const source = await video(URL.createObjectURL(new Blob([data], { type: "video/webm" })));
      source.whole = true;
      return source;
    },

    /** Raises an Error that says what the file was expected to be. */
    async file(file) {
      try {
        return file.type.startsWith("video/") ? await video(URL.createObjectURL(file)) : await picture(file);
      } catch {
        throw new Error(`${file.name} is neither a picture nor a video that this browser can read. Choose another file, or export a video as H.264`);
      }
    },

    /** Raises an Error that says why there is no picture of the camera. */
    async camera() {
      if (!navigator.mediaDevices?.getUserMedia) {
        throw new Error("this browser gives no camera to this page. Open the page from your disk, or from an https address");
      }
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, frameRate: { ideal: 30 } } });
      } catch (error) {
        throw new Error(CAMERA[error.name] ?? `the camera can't be opened (${error.message})`);
      }
      return video(null, stream);
    },
  };
})();
