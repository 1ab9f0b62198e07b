// Entities with fetch, in a browser or in Node 18 and newer. JavaScript counts UTF-16 units.
const url = globalThis.process?.env.NERVE_URL ?? "http://127.0.0.1:8080";
const text = "😀浙商银行的叶老桂";
const response = await fetch(`${url}/extract`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ text, offsets: "utf16" }),
});
const answer = await response.json();
if (!response.ok) throw new Error(answer.error.message);
for (const { label, start, end } of answer.entities) {
  console.log(start, end, label, text.slice(start, end));
}
