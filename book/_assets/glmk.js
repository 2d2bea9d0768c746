// Runs in the head of every page, before the theme's scripts and the widgets'.
(() => {
  // Font Awesome would replace the very icons that a Play button still holds on to: put the drawing inside them instead.
  window.FontAwesomeConfig = { autoReplaceSvg: "nest" };

  // The widgets set formulas by MathJax 2's queue, which MathJax 3 lacks; without one, every text of a widget is an error.
  let mathjax;
  const Hub = { Queue: ([, , element]) => mathjax.typesetPromise?.([element]) };
  const set = (value) => (mathjax = Object.assign(value, { Hub }));
  Object.defineProperty(window, "MathJax", { configurable: true, get: () => mathjax, set });

  // The widgets' modules come in one file, yet look for their fonts beside the place that RequireJS names for each of them.
  const widgets = new URL("html-manager/", document.currentScript.src).href;
  const paths = { "@jupyter-widgets/html-manager/dist": widgets.slice(0, -1) };
  for (const name of ["html-manager", "base", "controls", "base7", "controls7"]) paths[`@jupyter-widgets/${name}`] = widgets + name;
  window.requirejs = { paths };

  // The widgets' labels ask MathJax to set them in the words of its version 2.
  document.addEventListener("DOMContentLoaded", () => {
    const { startup } = window.MathJax ?? {};
    if (!startup) return;
    const set = (element) => (startup.promise = startup.promise.then(() => MathJax.typesetPromise([element])));
    MathJax.Hub = { Queue: ([, , element]) => set(element) };
  });
})();
