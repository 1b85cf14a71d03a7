// Makes arranging a board quicker: widgets are dragged to their place, and the definition is copied by a button. All
// of it can be done without this script, by the buttons on the page.
"use strict";
(() => {
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copies);
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = button.dataset.done;
      } catch {
        // Without TLS there is no clipboard, and a browser may refuse it: one key copies what is selected.
        getSelection().selectAllChildren(text);
      }
    });
  }

  const moves = document.querySelector("[data-moves]");
  if (!moves) return;
  let carried = null;
  const sectionOf = (cell) => cell.closest("[data-section]").dataset.section;
  const unmark = () => {
    for (const marked of document.querySelectorAll(".drop-before, .drop-after")) marked.classList.remove("drop-before", "drop-after");
  };
  // The half of a cell over which the pointer is says whether the widget goes before or after it.
  const isAfter = (cell, event) => {
    const box = cell.getBoundingClientRect();
    return (event.clientX - box.left) / box.width > 0.5;
  };

  for (const cell of document.querySelectorAll("[data-widget]")) {
    const grip = cell.querySelector(".edit-grip");
    grip.draggable = true;
    grip.addEventListener("dragstart", (event) => {
      carried = cell;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", cell.dataset.widget);
      event.dataTransfer.setDragImage(cell, 16, 16);
      cell.classList.add("is-carried");
    });
    grip.addEventListener("dragend", () => {
      cell.classList.remove("is-carried");
      unmark();
      carried = null;
    });
    cell.addEventListener("dragover", (event) => {
      if (!carried || carried === cell) return;
      event.preventDefault();
      unmark();
      cell.classList.add(isAfter(cell, event) ? "drop-after" : "drop-before");
    });
    cell.addEventListener("drop", (event) => {
      if (!carried || carried === cell) return;
      event.preventDefault();
      const from = { section: sectionOf(carried), widget: Number(carried.dataset.widget) };
      const section = sectionOf(cell);
      let to = Number(cell.dataset.widget) + (isAfter(cell, event) ? 1 : 0);
      // Taking it away moves what comes after it in the same group one place up.
      if (from.section === section && from.widget < to) to -= 1;
      moves.elements.section.value = from.section;
      moves.elements.widget.value = from.widget;
      moves.elements.to_section.value = section;
      moves.elements.to.value = to;
      moves.requestSubmit();
    });
  }
})();
