// The request to copy. A key is never in it.

// Characters that reorder what is read are written as escapes.
const json = (value) =>
  JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (sign) => "\\u" + sign.charCodeAt(0).toString(16).padStart(4, "0"),
  );

/** The request `body` for `url`, in curl, python or javascript. */
export function snippet(tongue, url, body, keyed) {
  return { curl, python, javascript }[tongue](url, json(body), keyed);
}

function curl(url, body, keyed) {
  const key = keyed ? ' -H "authorization: Bearer $NERVE_KEY"' : "";
  return `curl ${url}${key} -H 'content-type: application/json' -d '${body.replaceAll("'", "'\\''")}'`;
}

function python(url, body, keyed) {
  const key = keyed ? ', headers={"authorization": "Bearer " + os.environ["NERVE_KEY"]}' : "";
  const os = keyed ? "import os\n\n" : "";
  return `${os}import httpx\n\nanswer = httpx.post("${url}"${key}, json=${body})\nprint(answer.json())`;
}

function javascript(url, body, keyed) {
  const key = keyed ? ', authorization: "Bearer " + process.env.NERVE_KEY' : "";
  return `const answer = await fetch("${url}", {
  method: "POST",
  headers: { "content-type": "application/json"${key} },
  body: JSON.stringify(${body}),
});
console.log(await answer.json());`;
}
