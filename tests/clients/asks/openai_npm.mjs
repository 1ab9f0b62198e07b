// OpenAI's own package for JavaScript.
import OpenAI from "openai";

const [url, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "浙商银行的叶老桂" }];
const parameters = {
  type: "object",
  properties: { city: { type: "string", enum: ["Bern"] } },
  required: ["city"],
  additionalProperties: false,
};

const cases = {
  "chat.completions, whole and streamed": async () => {
    await client.chat.completions.create({ model, messages });
    const events = await client.chat.completions.create({ model, messages, stream: true });
    for await (const event of events) void event;
  },
  "runTools": async () => {
    const asked = [];
    const tool = {
      type: "function",
      function: {
        name: "weather",
        parse: JSON.parse,
        parameters,
        function: ({ city }) => (asked.push(city), "8 °C"),
      },
    };
    const choice = { type: "function", function: { name: "weather" } };
    const runner = client.chat.completions.runTools({
      model, messages, tools: [tool], tool_choice: choice,
    });
    await runner.done();
    if (asked[0] !== "Bern") throw new Error("the tool was not called");
  },
  "responses, whole and streamed": async () => {
    await client.responses.create({ model, input: "浙商银行的叶老桂" });
    const events = await client.responses.create({ model, input: "叶", stream: true });
    for await (const event of events) void event;
  },
};

for (const [what, ask] of Object.entries(cases)) {
  let why = "";
  try {
    await ask();
  } catch (error) {
    console.error(error);
    why = `${error.constructor.name}: ${error.message}`.slice(0, 400);
  }
  console.log(JSON.stringify({ what, works: !why, why }));
}
