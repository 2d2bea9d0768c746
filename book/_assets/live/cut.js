// A square of a picture, resized as Python resizes it (glmk_lib/capture/ingest.py, `cut`): the network must see the same pixels.
(() => {
  const known = new Map();

  /** How `size` new pixels along one axis mix the old ones: for each the old pixels' numbers and weights. */
  function weights(start, length, size, limit) {
    const key = [start, length, size, limit].join();
    if (known.has(key)) return known.get(key);
    const step = length / size;
    const mixes = [];
    for (let i = 0; i < size; i++) {
      const left = start + i * step, right = left + step, centre = (left + right) / 2;
      const [from, to] = step > 1 ? [Math.floor(left), Math.ceil(right)] : [Math.floor(centre) - 1, Math.ceil(centre) + 1];
      const mix = new Map();
      for (let old = from; old < to; old++) {
        // The share of each old pixel in the new one; where pixels are enlarged, a tent around the new one's centre.
        const shared = step > 1 ? (Math.min(right, old + 1) - Math.max(left, old)) / step : 1 - Math.abs(centre - (old + 0.5));
        const inside = Math.min(Math.max(old, 0), limit - 1); // beyond the picture its border pixel counts once more
        if (shared > 0) mix.set(inside, (mix.get(inside) ?? 0) + shared);
      }
      const sum = [...mix.values()].reduce((a, b) => a + b, 0);
      mixes.push([...mix].map(([old, share]) => [old, share / sum]));
    }
    known.clear(); // one crop at a time: a dragged one would fill the memory
    known.set(key, mixes);
    return mixes;
  }

  /**
   * The box {x, y, side} of a canvas as bytes, RGB, `size` × `size`.
   * @param context a canvas's 2D context, made with `willReadFrequently`
   */
  glmkLive.cut = function cut(context, box, size) {
    const { width, height } = context.canvas;
    const across = weights(box.x, box.side, size, width);
    const down = weights(box.y, box.side, size, height);
    const first = Math.max(0, Math.floor(box.x) - 1), last = Math.min(width, Math.ceil(box.x + box.side) + 1);
    const top = Math.max(0, Math.floor(box.y) - 1), bottom = Math.min(height, Math.ceil(box.y + box.side) + 1);
    const columns = last - first;
    const old = context.getImageData(first, top, columns, bottom - top).data;
    const row = new Float32Array(columns * 4), made = new Uint8Array(size * size * 3);
    down.forEach((mix, j) => {
      row.fill(0);
      for (const [y, share] of mix) {
        const begin = (y - top) * columns * 4;
        for (let k = 0; k < row.length; k++) row[k] += share * old[begin + k];
      }
      across.forEach((shares, i) => {
        let red = 0, green = 0, blue = 0;
        for (const [x, share] of shares) {
          const k = (x - first) * 4;
          red += share * row[k];
          green += share * row[k + 1];
          blue += share * row[k + 2];
        }
        made.set([Math.round(red), Math.round(green), Math.round(blue)], (j * size + i) * 3);
      });
    });
    return made;
  };
})();
