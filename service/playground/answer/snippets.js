// The request to copy: what the page sent, byte for byte the same JSON value. A key is never in it.

// A shell takes no argument of 128 KiB.
const LONG = 100_000;
const KEY = "NERVE_API_KEY";

// Characters that cannot be seen, or that reorder what is read, are written as escapes.
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const json = (value) =>
  JSON.stringify(value, null, 2).replace(HIDDEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The request `body` for `url` in a tongue: curl, python or javascript. */
export function snippet(tongue, url, body, keyed) {
  return { curl, python, javascript }[tongue](url, json(body), keyed, body.stream);
}

function curl(url, body, keyed, stream) {
  const key = keyed ? ` \\\n  -H "authorization: Bearer $${KEY}"` : "";
  const head = `curl -sS${stream ? "N" : ""} '${url}' -H 'content-type: application/json'${key} \\\n  `;
  if (new Blob([body]).size <= LONG) return `${head}-d '${body.replaceAll("'", "'\\''")}'`;
  // No line of the JSON is the word that ends it.
  return `${head}--data-binary @- <<'NERVE'\n${body}\nNERVE`;
}

function python(url, body, keyed, stream) {
  const os = keyed ? "import os\n" : "";
  const key = keyed ? `, "authorization": "Bearer " + os.environ["${KEY}"]` : "";
  const read = stream ? `for line in answer:\n        print(line.decode(), end="")` : "print(json.load(answer))";
  // No string of the JSON begins a line.
  return `import json
${os}import urllib.request

body = ${body.replace(/^ {2}"stream": true/m, '  "stream": True')}
request = urllib.request.Request(
    "${url}",
    data=json.dumps(body).encode(),
    headers={"content-type": "application/json"${key}},
)
with urllib.request.urlopen(request) as answer:
    ${read}`;
}

function javascript(url, body, keyed, stream) {
  const key = keyed ? `, authorization: "Bearer " + process.env.${KEY}` : "";
  const read = stream
    ? "for await (const part of answer.body.pipeThrough(new TextDecoderStream())) console.log(part);"
    : "console.log(await answer.json());";
  return `const answer = await fetch("${url}", {
  method: "POST",
  headers: { "content-type": "application/json"${key} },
  body: JSON.stringify(${body}),
});
${read}`;
}
