"use strict";
(function () {
  // A page of A4 between its margins, in CSS pixels: SVG does not reflow by itself when a page is printed.
  const PRINT_WIDTH = 680;
  const plots = Array.from(document.querySelectorAll("[data-figure]"));
  for (const node of plots) {
    try {
      const figure = JSON.parse(document.getElementById(node.dataset.figure).textContent);
      Plotly.newPlot(node, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    } catch (problem) {
      node.textContent = "This figure could not be drawn: " + problem;
    }
  }
  function resize(width) {
    for (const node of plots) {
      if (node.layout) Plotly.relayout(node, width ? { width: width } : { width: null, autosize: true });
    }
  }
  window.addEventListener("beforeprint", () => resize(PRINT_WIDTH));
  window.addEventListener("afterprint", () => resize(null));
})();
