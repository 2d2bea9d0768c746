// L_Δ in the browser: onnxruntime-web on one thread of the processor, or on the graphics card where that is quicker.
(() => {
  const TRIES = 5; // runs, of which the median is compared
  const EXACT = 0.1; // pixels of the network's frame that a browser's points may differ from Python's

  /** One runtime with the model in it: `run(frame)` gives points as [x0, y0, x1, …] in [-1, 1]. */
  async function start(runtime, provider, model, size) {
    const { module, code } = await glmkLive.load(runtime);
    const source = URL.createObjectURL(new Blob([glmkLive.bytes(module)], { type: "text/javascript" }));
    const ort = await import(source).finally(() => URL.revokeObjectURL(source));
    ort.env.wasm.numThreads = 1; // more need headers that no page opened from a disk has
    ort.env.wasm.wasmBinary = glmkLive.bytes(code).buffer;
    ort.env.logLevel = "error";
    const session = await ort.InferenceSession.create(model, { executionProviders: [provider] });
    const values = new Float32Array(3 * size * size);
    const run = async (frame) => {
      const plane = size * size;
      for (let i = 0; i < plane; i++) {
        for (let c = 0; c < 3; c++) values[c * plane + i] = frame[3 * i + c] / 255;
      }
      const { points } = await session.run({ frames: new ort.Tensor("float32", values, [1, 3, size, size]) });
      return points.data;
    };
    return { provider, run };
  }

  /** How far the runtime is from Python on the frame that the page brings, in pixels, and how long one run takes. */
  async function examine(runtime, about) {
    const frame = glmkLive.bytes(about.check.frame), known = about.check.points.flat(), times = [];
    let points;
    for (let i = 0; i < TRIES; i++) {
      const begin = performance.now();
      points = await runtime.run(frame);
      times.push(performance.now() - begin);
    }
    const off = Math.max(...known.map((value, i) => (Math.abs(value - points[i]) / 2) * about.size));
    return { off, milliseconds: times.sort((a, b) => a - b)[TRIES >> 1] };
  }

  /**
   * The network, on the processor: {provider, run(frame)}. It moves to the graphics card by itself if there is one that agrees
   * with Python and is quicker, and back if that fails later.
   */
  async function open(about) {
    const model = glmkLive.bytes(await glmkLive.load("model"));
    const processor = await start("runtime", "wasm", model, about.size);
    const { off, milliseconds } = await examine(processor, about);
    if (!(off <= EXACT)) throw new Error(`the points differ from Python's by ${off.toFixed(2)} pixels`);
    let now = processor;

    async function tryGraphics() {
      const adapter = await navigator.gpu?.requestAdapter();
      if (!adapter || adapter.info?.isFallbackAdapter) return; // one that only pretends, on the processor
      const graphics = await start("runtime-gpu", "webgpu", model, about.size);
      const found = await examine(graphics, about);
      if (found.off <= EXACT && found.milliseconds < milliseconds) now = graphics;
    }
    tryGraphics().catch(() => {}); // the processor goes on

    return {
      get provider() { return now.provider; },
      async run(frame) {
        try {
          return await now.run(frame);
        } catch (error) {
          if (now === processor) throw error;
          now = processor; // the graphics card was lost, for example while the machine slept
          return now.run(frame);
        }
      },
    };
  }

  glmkLive.network = { start, examine, open };
})();
