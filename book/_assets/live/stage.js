// The stage: reads a source frame by frame, cuts the square, asks the network, draws frame, square and landmarks.
(() => {
  const SIDE = 720; // pixels of the canvas's longer side; the page scales it
  const SMALLEST = 0.1; // of the picture's shorter side, that the square may have

  glmkLive.Stage = class Stage {
    /**
     * @param canvas where to draw; after each frame it dispatches "live:frame" with
     *     {points, frame, time, box, perSecond, milliseconds}: time in seconds of the video, frame as the network read it
     */
    constructor(canvas, network, about) {
      Object.assign(this, { canvas, network, about, source: null, points: null, times: [] });
      this.context = canvas.getContext("2d");
      // In the processor's memory, since every frame is read back.
      this.scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      this.makeDraggable();
    }

    /** Show `source` from now on, the square in its middle. */
    open(source) {
      this.close();
      this.source = source;
      this.fit();
      this.next();
    }

    /** Make room for the source's frames, the square in their middle; again when a phone is turned, and its camera with it. */
    fit() {
      const { width, height } = this.source, scale = SIDE / Math.max(width, height);
      [this.scratch.canvas.width, this.scratch.canvas.height] = [width, height];
      [this.canvas.width, this.canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
      this.scale = scale;
      const side = Math.min(width, height);
      this.box = { x: (width - side) / 2, y: (height - side) / 2, side };
    }

    close() {
      this.source?.close();
      Object.assign(this, { source: null, points: null, times: [] });
    }

    /** Move the square: shares, 0 to 1, of the room that it has to the right and down, and of the largest side. */
    place({ across, down, size }) {
      const { width, height } = this.source, side = Math.min(width, height) * Math.max(SMALLEST, size);
      this.box = { x: across * (width - side), y: down * (height - side), side };
      if (!this.source.moves) this.next();
    }

    /** Where the square is, in the terms of `place`. */
    get placed() {
      const { width, height } = this.source, { x, y, side } = this.box;
      const share = (at, room) => (room > 0 ? at / room : 0.5);
      return { across: share(x, width - side), down: share(y, height - side), size: side / Math.min(width, height) };
    }

    async next() {
      const source = this.source;
      if (source.moves && !source.element.requestVideoFrameCallback) {
        requestAnimationFrame(() => this.source === source && this.step(source, source.element.currentTime));
      } else if (source.moves) {
        source.element.requestVideoFrameCallback((_, { mediaTime }) => this.source === source && this.step(source, mediaTime));
      } else if (this.busy) {
        this.again = true; // the square moved on while the picture was read
      } else {
        this.busy = true;
        do {
          this.again = false;
          await this.step(source, 0);
        } while (this.again && this.source === source);
        this.busy = false;
      }
    }

    async step(source, time) {
      const begin = performance.now(), { scratch, about } = this, { width, height } = source;
      if (scratch.canvas.width !== width || scratch.canvas.height !== height) {
        this.fit();
        this.canvas.dispatchEvent(new CustomEvent("live:moved"));
      }
      const box = { ...this.box };
      scratch.fillStyle = "white"; // under a picture that lets through what was there before
      scratch.fillRect(0, 0, width, height);
      scratch.drawImage(source.element, 0, 0, width, height);
      try {
        const frame = glmkLive.cut(scratch, box, about.size);
        const points = await this.network.run(frame);
        if (this.source !== source) return;
        this.points = points;
        this.draw(box);
        this.times.push(performance.now());
        const recent = this.times.filter((then) => then > this.times.at(-1) - 2000);
        this.times = recent;
        const perSecond = recent.length > 1 ? ((recent.length - 1) / (recent.at(-1) - recent[0])) * 1000 : 0;
        const detail = { points: [...points], frame, time, box, perSecond, milliseconds: performance.now() - begin };
        this.canvas.dispatchEvent(new CustomEvent("live:frame", { detail }));
      } catch (error) {
        this.canvas.dispatchEvent(new CustomEvent("live:error", { detail: error }));
        return;
      }
      if (source.moves) this.next();
    }

    draw(box) {
      const { context, canvas, scale, about } = this;
      context.drawImage(this.scratch.canvas, 0, 0, canvas.width, canvas.height);
      if (!this.source.whole) {
        context.lineWidth = 2;
        for (const [color, dash] of [["white", []], ["black", [6, 6]]]) {
          context.strokeStyle = color;
          context.setLineDash(dash);
          context.strokeRect(box.x * scale + 1, box.y * scale + 1, box.side * scale - 2, box.side * scale - 2);
        }
        context.setLineDash([]);
      }
      const place = (x, y) => [(box.x + ((x + 1) / 2) * box.side) * scale, (box.y + ((y + 1) / 2) * box.side) * scale];
      glmkLive.drawLandmarks(context, about.template, this.points, place);
    }

    /** Whether a finger there holds the square, which has room to be moved. */
    holds({ clientX, clientY }) {
      if (!this.source || this.source.whole) return false;
      const shown = this.canvas.getBoundingClientRect(), { width, height } = this.source, { x, y, side } = this.box;
      const inside = (at, from) => at >= from && at <= from + side;
      const [across, down] = [((clientX - shown.left) / shown.width) * width, ((clientY - shown.top) / shown.height) * height];
      return (width > side || height > side) && inside(across, x) && inside(down, y);
    }

    makeDraggable() {
      const { canvas } = this;
      let held = null;
      canvas.addEventListener("touchstart", (event) => {
        if (this.holds(event.changedTouches[0])) event.preventDefault(); // a finger elsewhere scrolls the page
      }, { passive: false });
      canvas.addEventListener("pointerdown", (event) => {
        if (!this.source || this.source.whole || (event.pointerType === "touch" && !this.holds(event))) return;
        held = { x: event.clientX, y: event.clientY, box: this.box };
        canvas.setPointerCapture(event.pointerId);
      });
      canvas.addEventListener("pointermove", (event) => {
        if (!held || !this.source) return;
        const shown = canvas.getBoundingClientRect().width, { width, height } = this.source, { side } = held.box;
        const within = (at, room) => Math.min(Math.max(at, 0), room);
        const x = within(held.box.x + ((event.clientX - held.x) / shown) * width, width - side);
        const y = within(held.box.y + ((event.clientY - held.y) / shown) * width, height - side);
        this.box = { x, y, side };
        canvas.dispatchEvent(new CustomEvent("live:moved"));
        if (!this.source.moves) this.next();
      });
      for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (held = null));
    }
  };
})();
