// Files come into the page: dropped on the form, or chosen by a button.

const by = (id) => document.getElementById(id);

/** Once, at the start: `take(files)` gets what was dropped or chosen, one or more. */
export function opening(take) {
  by("open").addEventListener("click", () => by("file").click());
  by("file").addEventListener("change", () => {
    const files = [...by("file").files];
    by("file").value = "";
    if (files.length) take(files);
  });
  dropping(by("form"), take);
}

function dropping(form, take) {
  const files = ({ dataTransfer }) => dataTransfer.types.includes("Files");
  form.addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    form.classList.add("over");
  });
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) take([...event.dataTransfer.files]);
  });
}
