// Server-sent events of a POST's answer, which EventSource cannot read.

/** The events in `response`'s body as {name, data}: `data` is what its JSON says. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => line.match(/^(event|data): ?(.*)$/s)).filter(Boolean);
      const of = (wanted) => fields.filter(([, name]) => name === wanted).map(([, , value]) => value);
      if (of("data").length) yield { name: of("event").at(-1) ?? "message", data: JSON.parse(of("data").join("\n")) };
    }
  }
}
