// The live page: buttons, files, messages. Everything else is in the scripts before this one.
(async () => {
  const find = (name) => document.getElementById(`live-${name}`);
  const canvas = find("canvas"), recorded = find("recorded"), crop = find("crop"), speed = find("speed"), stop = find("stop");
  const starts = [find("clip"), find("camera"), find("file")];
  const ranges = Object.fromEntries(["across", "down", "size"].map((name) => [name, find(name)]));
  const say = (text, wrong = false) => {
    find("says").textContent = text;
    find("says").classList.toggle("live-wrong", wrong);
  };
  const show = (running) => {
    [canvas.hidden, recorded.hidden, stop.disabled, speed.hidden] = [!running, running || !recorded.src, !running, !running];
    crop.hidden = !running || stage.source.whole;
    canvas.classList.toggle("live-crops", !crop.hidden);
    if (running) recorded.pause();
  };
  const RECORDED = "Below is the recorded clip.";
  let about, stage, turn = 0, told = 0;
  let lastStarted = starts[0]; // the control that was used last
  let pending = null; // a source that waits for the network

  try {
    about = await glmkLive.load("about");
  } catch (error) {
    return say(`Nothing can run here: ${error.message}.`, true);
  }
  if (about.template) {
    recorded.src = `${glmkLive.folder}recorded.webm`;
    recorded.hidden = false;
    glmkLive.makeSliders(find("deformations"), about);
  }
  const lacks = [...about.missing, ...browserLacks()];
  if (lacks.length) {
    starts.forEach((start) => (start.disabled = true));
    return say(`Nothing runs here: ${lacks.join("; and ")}. ${about.template ? RECORDED : ""}`, true);
  }
  const much = about.megabytes ? `, which loads ${about.megabytes} MB once and, for a graphics card, about as much again` : "";
  say(`Ready. Nothing runs before you press a button${much}. ${RECORDED}`);
  starts.forEach((start) => (start.disabled = false));

  /** What this browser can't do that the page needs. */
  function browserLacks() {
    const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
    if (!window.WebAssembly?.validate(new Uint8Array(simd))) return ["this browser has no WebAssembly with SIMD"];
    return document.createElement("canvas").getContext("2d") ? [] : ["this browser can't draw on a canvas"];
  }

  async function run(name, starter, open) {
    const mine = ++turn; // a newer wish, or Stop, overtakes one that still waits, for example for leave to use the camera
    stopAll();
    stop.disabled = false;
    lastStarted = starter;
    try {
      say(`Opening ${name}…`);
      const source = await open(); // first, while the reader's click still counts as leave to ask for the camera
      if (mine !== turn) return source.close();
      pending = source;
      await startNetwork();
      if (mine !== turn) return; // whoever overtook it has closed it
      pending = null;
      [told, speed.textContent] = [0, ""];
      stage.open(source);
      source.lost?.then((why) => {
        if (stage.source !== source) return;
        stopAll();
        say(`${why}. ${RECORDED}`, true);
      });
      if (!source.whole) showCrop();
      show(true);
      canvas.setAttribute("aria-label", `${name}, with the landmarks that the network finds drawn as lines`);
      say(`Running on ${name}. ${source.whole ? "" : "Drag the square, or use its three sliders."}`);
    } catch (error) {
      if (mine !== turn) return;
      stopAll();
      say(`It does not run: ${error.message}. ${RECORDED}`, true);
    }
  }

  let starting = null;
  function startNetwork() {
    starting ??= glmkLive.network.open(about).then((network) => {
      stage = new glmkLive.Stage(canvas, network, about);
      listen();
    }).catch((error) => {
      starting = null; // the next press tries again
      throw error.unloaded ? error : new Error(`the network can't run in this browser (${error.message})`);
    });
    return starting;
  }

  /** Let go of everything that runs, or waits to. */
  function stopAll() {
    pending?.close();
    pending = null;
    if (document.activeElement === stop) lastStarted.focus(); // a button that is disabled loses the focus to nothing
    stop.disabled = true;
    if (!stage?.source) return;
    stage.close();
    show(false);
  }

  function listen() {
    canvas.addEventListener("live:frame", ({ detail: { perSecond, milliseconds } }) => {
      if (performance.now() - told < 500) return; // twice a second, to be read
      told = performance.now();
      const rate = stage.source.moves && perSecond ? `${perSecond.toFixed(0)} frames a second; ` : "";
      const where = stage.network.provider === "webgpu" ? "the graphics card" : "one thread of the processor";
      speed.textContent = `${rate}${milliseconds.toFixed(0)} ms to read, find and draw one, the network on ${where}`;
    });
    canvas.addEventListener("live:moved", showCrop);
    canvas.addEventListener("live:error", ({ detail }) => {
      stopAll();
      say(`It stopped: ${detail.message}. ${RECORDED}`, true);
    });
    for (const range of Object.values(ranges)) {
      range.addEventListener("input", () => stage.place(Object.fromEntries(
        Object.entries(ranges).map(([name, { value }]) => [name, value / 100]),
      )));
    }
  }

  function showCrop() {
    for (const [name, share] of Object.entries(stage.placed)) ranges[name].value = 100 * share;
  }

  find("clip").addEventListener("click", () => run("the chapter's clip", starts[0], glmkLive.sources.clip));
  find("camera").addEventListener("click", () => run("the camera", starts[1], glmkLive.sources.camera));
  stop.addEventListener("click", () => {
    turn++;
    stopAll();
    say(`Stopped. ${RECORDED}`);
  });
  const take = (file) => file && !find("file").disabled && run(file.name, starts[2], () => glmkLive.sources.file(file));
  find("file").addEventListener("change", ({ target }) => {
    take(target.files[0]);
    target.value = ""; // so that the same file can be chosen again
  });
  const root = find("root");
  root.addEventListener("dragover", (event) => {
    event.preventDefault();
    root.classList.add("live-over");
  });
  root.addEventListener("dragleave", () => root.classList.remove("live-over"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("live-over");
    take(event.dataTransfer.files[0]);
  });
  root.dataset.ready = "";
})();
