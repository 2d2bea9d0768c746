// The spring potential of the template (losses.spring in Python), and points that hang on it, pulled by one of them.
(() => {
  const THREAD = 10; // how firmly each point is held where it was, by a spring of its own: in training the paint does that
  const STEP = 1 / 960, DAMPING = 6; // seconds; share of its speed that a point loses in one

  class Springs {
    /** @param template points [[x, y], …] in [-1, 1] and edges [[i, j], …] */
    constructor({ points, edges }) {
      this.rest = Float64Array.from(points.flat());
      this.edges = edges;
      this.lengths = edges.map(([i, j]) => Math.hypot(...this.edge(this.rest, i, j)));
      this.points = this.rest.slice();
      this.speeds = new Float64Array(this.rest.length);
      this.form = "length";
      this.constant = 1;
      this.held = null; // the index of the point that is pulled
    }

    edge(points, i, j) {
      return [points[2 * j] - points[2 * i], points[2 * j + 1] - points[2 * i + 1]];
    }

    /** How much each edge has changed: of its length, as a share of that at rest; in vector form always positive. */
    changes() {
      return this.edges.map(([i, j], k) => {
        const [x, y] = this.edge(this.points, i, j), length = this.lengths[k];
        if (this.form === "length") return (Math.hypot(x, y) - length) / length;
        const [restX, restY] = this.edge(this.rest, i, j);
        return Math.hypot(x - restX, y - restY) / length;
      });
    }

    /** The spring potential: the mean over the edges of their squared change. */
    energy() {
      const changes = this.changes();
      return changes.reduce((sum, change) => sum + change * change, 0) / changes.length;
    }

    /** The gradient of constant × energy + THREAD × the mean squared distance of points from where they were. */
    gradient() {
      const { points, rest, edges } = this, count = points.length / 2, found = new Float64Array(points.length);
      for (let i = 0; i < points.length; i++) found[i] = (2 * THREAD * (points[i] - rest[i])) / count;
      edges.forEach(([i, j], k) => {
        const length = this.lengths[k];
        let [x, y] = this.edge(points, i, j);
        if (this.form === "length") {
          const now = Math.max(Math.hypot(x, y), 1e-9), share = (now - length) / now;
          [x, y] = [x * share, y * share];
        } else {
          const [restX, restY] = this.edge(rest, i, j);
          [x, y] = [x - restX, y - restY];
        }
        const weight = (2 * this.constant) / (edges.length * length * length);
        found[2 * i] -= weight * x;
        found[2 * i + 1] -= weight * y;
        found[2 * j] += weight * x;
        found[2 * j + 1] += weight * y;
      });
      return found;
    }

    pull(index, x, y) {
      this.held = index;
      this.points[2 * index] = Math.min(1, Math.max(-1, x));
      this.points[2 * index + 1] = Math.min(1, Math.max(-1, y));
    }

    /** Let time pass, in seconds; every point has the mass 1 / N. Returns whether anything still moves. */
    run(seconds) {
      const { points, speeds } = this, count = points.length / 2;
      for (let left = seconds; left > 0; left -= STEP) {
        const gradient = this.gradient();
        for (let i = 0; i < points.length; i++) {
          if (i >> 1 === this.held) continue;
          speeds[i] = (speeds[i] - STEP * count * gradient[i]) * (1 - DAMPING * STEP);
          points[i] += STEP * speeds[i];
        }
      }
      if (this.held !== null) speeds.fill(0, 2 * this.held, 2 * this.held + 2);
      return speeds.some((speed) => Math.abs(speed) > 1e-3);
    }
  }

  glmkLive.Springs = Springs;
})();
