// Landmarks on a canvas: the template's lines in their colours over a light rim, as in the book's other pictures.
(() => {
  function path(context, points, indices, place) {
    context.beginPath();
    for (const i of indices) context.lineTo(...place(points[2 * i], points[2 * i + 1]));
    context.stroke();
  }

  /**
   * @param points [x0, y0, x1, …] in [-1, 1]
   * @param place (x, y) in [-1, 1] to [x, y] in the canvas's pixels
   * @param options width of the lines; color instead of each line's own, and then without a rim; dots at the points
   */
  glmkLive.drawLandmarks = function drawLandmarks(context, template, points, place, { width = 2.5, color = null, dots = true } = {}) {
    context.save();
    context.lineCap = context.lineJoin = "round";
    if (!color) {
      [context.lineWidth, context.strokeStyle] = [width + 2, "rgb(255 255 255 / 85%)"];
      for (const stroke of template.strokes) path(context, points, stroke.points, place);
    }
    context.lineWidth = width;
    for (const stroke of template.strokes) {
      context.strokeStyle = color ?? stroke.color;
      path(context, points, stroke.points, place);
    }
    context.fillStyle = "white";
    for (let i = 0; dots && i < points.length; i += 2) {
      context.beginPath();
      context.arc(...place(points[i], points[i + 1]), width * 0.9, 0, 2 * Math.PI);
      context.fill();
    }
    context.restore();
  };
})();
