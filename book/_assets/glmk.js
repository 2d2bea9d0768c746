// Runs in the head of every page, before the theme's scripts and the widgets'.
(() => {
  // Font Awesome would replace the very icons that a Play button still holds on to: put the drawing inside them instead.
  window.FontAwesomeConfig = { autoReplaceSvg: "nest" };

  // The widgets' modules come in one file, yet look for their fonts beside the place that RequireJS names for each of them.
  const widgets = new URL("html-manager/", document.currentScript.src).href;
  const paths = { "@jupyter-widgets/html-manager/dist": widgets.slice(0, -1) };
  for (const name of ["html-manager", "base", "controls", "base7", "controls7"]) paths[`@jupyter-widgets/${name}`] = widgets + name;
  window.requirejs = { paths };

  // The widgets' texts ask MathJax to set them through the queue of its version 2; without one, each of them is an error.
  document.addEventListener("DOMContentLoaded", () => {
    const { startup } = window.MathJax ?? {};
    if (!startup) return;
    const set = (element) => (startup.promise = startup.promise.then(() => MathJax.typesetPromise([element])));
    MathJax.Hub = { Queue: ([, , element]) => set(element) };
  });
})();
