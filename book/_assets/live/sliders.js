// Δ by hand: one slider for each principal deformation, in standard deviations, and the template that they bend.
(() => {
  const REACH = 3; // standard deviations to either side

  glmkLive.makeSliders = function makeSliders(root, about) {
    const { template, deformations } = about;
    const canvas = root.querySelector("canvas"), list = root.querySelector("[data-sliders]");
    const context = canvas.getContext("2d"), rest = template.points.flat();
    const inputs = deformations.shares.map((share, k) => {
      const row = list.appendChild(document.createElement("div"));
      const label = row.appendChild(document.createElement("label"));
      const input = row.appendChild(document.createElement("input"));
      const said = row.appendChild(document.createElement("output"));
      input.id = `live-deformation-${k + 1}`;
      Object.assign(input, { type: "range", min: -REACH, max: REACH, step: 0.1, value: 0 });
      label.htmlFor = said.htmlFor = input.id;
      const percent = share < 0.001 ? "under 0.1" : (100 * share).toFixed(share < 0.1 ? 1 : 0);
      label.textContent = `Deformation ${k + 1}: ${percent} % of what moves`;
      input.addEventListener("input", draw);
      return { input, said };
    });

    function draw() {
      const points = rest.map((value, i) => value + deformations.mean[i >> 1][i & 1]);
      inputs.forEach(({ input, said }, k) => {
        const amount = Number(input.value);
        said.textContent = `${amount > 0 ? "+" : amount < 0 ? "−" : ""}${Math.abs(amount).toFixed(1)} σ`;
        input.setAttribute("aria-valuetext", `${amount.toFixed(1)} standard deviations`);
        const { [k]: direction } = deformations.directions, reach = amount * deformations.deviations[k];
        for (let i = 0; i < points.length; i++) points[i] += reach * direction[i >> 1][i & 1];
      });
      const place = (x, y) => [((x + 1) / 2) * canvas.width, ((y + 1) / 2) * canvas.height];
      context.clearRect(0, 0, canvas.width, canvas.height);
      glmkLive.drawLandmarks(context, template, rest, place, { width: 1.5, color: "#8a8f98", dots: false });
      glmkLive.drawLandmarks(context, template, points, place, { dots: false });
      canvas.dispatchEvent(new CustomEvent("live:drawn", { detail: { points } }));
    }

    root.querySelector("[data-reset]").addEventListener("click", () => {
      for (const { input } of inputs) input.value = 0;
      draw();
    });
    root.hidden = false;
    draw();
  };
})();
