// Puts the same questions to the gateway through each JavaScript client, and prints what came, one JSON line each.
//
//   node clients.mjs BASE_URL KEY MODEL[,MODEL...] [CLIENT...]
//
// Nothing of a client is changed but its base URL and key.
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createAzure } from "@ai-sdk/azure";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { generateText, isStepCount, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";

const [base, key, models, ...wanted] = process.argv.slice(2);
let model;
const ECHO = "simulate: echo one two three";
const ASK = "please call get_weather";
const PARAMETERS = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

// Every client answers { text, streamed, called, after, usage }.
const clients = {
  openai: () => openaiSdk(),
  anthropic: () => anthropicSdk(),
  genai: () => genaiSdk(),
  "ai-sdk openai responses": () => aiSdk(createOpenAI({ baseURL: `${base}/v1`, apiKey: key })(model)),
  "ai-sdk openai chat": () => aiSdk(createOpenAI({ baseURL: `${base}/v1`, apiKey: key }).chat(model)),
  "ai-sdk openai-compatible": () =>
    aiSdk(createOpenAICompatible({ name: "comity", baseURL: `${base}/v1`, apiKey: key, includeUsage: true })(model)),
  "ai-sdk azure": () => aiSdk(createAzure({ baseURL: `${base}/openai`, apiKey: key })(model)),
  "ai-sdk azure deployments": () =>
    aiSdk(
      createAzure({
        baseURL: `${base}/openai`,
        apiKey: key,
        useDeploymentBasedUrls: true,
        apiVersion: "2024-10-21",
      }).chat(model),
    ),
  "ai-sdk anthropic": () => aiSdk(createAnthropic({ baseURL: `${base}/v1`, apiKey: key })(model)),
  "ai-sdk amazon-bedrock": () => aiSdk(createAmazonBedrock({ baseURL: base, region: "eu-central-1", apiKey: key })(model)),
  "ai-sdk google": () => aiSdk(createGoogleGenerativeAI({ baseURL: `${base}/v1beta`, apiKey: key })(model)),
};

async function aiSdk(chosen) {
  const whole = await generateText({ model: chosen, prompt: ECHO, maxOutputTokens: 64 });
  let streamed = "";
  const stream = streamText({ model: chosen, prompt: ECHO, maxOutputTokens: 64, onError: ({ error }) => { throw error; } });
  for await (const piece of stream.textStream) streamed += piece;
  const called = [];
  const weather = tool({
    description: "The weather in a city",
    inputSchema: z.object({ city: z.string() }),
    execute: async (input) => {
      called.push(input);
      return "rain";
    },
  });
  const limit = (isStepCount ?? stepCountIs)(3);
  const loop = await generateText({
    model: chosen,
    prompt: ASK,
    tools: { get_weather: weather },
    stopWhen: limit,
    maxOutputTokens: 64,
  });
  const usage = { input: whole.usage.inputTokens, output: whole.usage.outputTokens };
  return { text: whole.text, streamed, called, after: loop.text, usage };
}

async function openaiSdk() {
  const sdk = new OpenAI({ baseURL: `${base}/v1`, apiKey: key, maxRetries: 0 });
  const ask = { model, messages: [{ role: "user", content: ECHO }] };
  const whole = await sdk.chat.completions.create(ask);
  let streamed = "";
  for await (const chunk of await sdk.chat.completions.create({ ...ask, stream: true })) {
    streamed += chunk.choices[0]?.delta?.content ?? "";
  }
  const called = [];
  const runner = sdk.chat.completions.runTools({
    model,
    messages: [{ role: "user", content: ASK }],
    tools: [
      {
        type: "function",
        function: {
          name: "get_weather",
          parameters: PARAMETERS,
          parse: JSON.parse,
          function: (input) => {
            called.push(input);
            return "rain";
          },
        },
      },
    ],
  });
  const after = await runner.finalContent();
  const usage = { input: whole.usage.prompt_tokens, output: whole.usage.completion_tokens };
  return { text: whole.choices[0].message.content, streamed, called, after, usage };
}

async function anthropicSdk() {
  const sdk = new Anthropic({ baseURL: base, apiKey: key, maxRetries: 0 });
  const ask = { model, max_tokens: 64, messages: [{ role: "user", content: ECHO }] };
  const whole = await sdk.messages.create(ask);
  const streamed = await sdk.messages.stream(ask).finalText();
  const tools = [{ name: "get_weather", input_schema: PARAMETERS }];
  const first = await sdk.messages.create({ ...ask, messages: [{ role: "user", content: ASK }], tools });
  const uses = first.content.filter((block) => block.type === "tool_use");
  const last = await sdk.messages.create({
    ...ask,
    tools,
    messages: [
      { role: "user", content: ASK },
      { role: "assistant", content: first.content },
      { role: "user", content: uses.map((use) => ({ type: "tool_result", tool_use_id: use.id, content: "rain" })) },
    ],
  });
  const usage = { input: whole.usage.input_tokens, output: whole.usage.output_tokens };
  const called = uses.map((use) => use.input);
  return { text: whole.content[0].text, streamed, called, after: last.content[0].text, usage };
}

async function genaiSdk() {
  const sdk = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: base } });
  const whole = await sdk.models.generateContent({ model, contents: ECHO });
  let streamed = "";
  for await (const chunk of await sdk.models.generateContentStream({ model, contents: ECHO })) streamed += chunk.text ?? "";
  const config = { tools: [{ functionDeclarations: [{ name: "get_weather", parametersJsonSchema: PARAMETERS }] }] };
  const first = await sdk.models.generateContent({ model, contents: ASK, config });
  const calls = first.functionCalls ?? [];
  const results = calls.map((call) => ({
    functionResponse: { id: call.id, name: call.name, response: { output: "rain" } },
  }));
  const contents = [
    { role: "user", parts: [{ text: ASK }] },
    first.candidates[0].content,
    { role: "user", parts: results },
  ];
  const last = await sdk.models.generateContent({ model, contents, config });
  const counted = whole.usageMetadata;
  const usage = { input: counted.promptTokenCount, output: counted.candidatesTokenCount };
  return { text: whole.text, streamed, called: calls.map((call) => call.args), after: last.text, usage };
}

for (model of models.split(",")) {
  for (const name of wanted.length ? wanted : Object.keys(clients)) {
    try {
      console.log(JSON.stringify({ client: name, model, ...(await clients[name]()) }));
    } catch (error) {
      console.log(JSON.stringify({ client: name, model, error: String(error?.stack ?? error).slice(0, 2000) }));
    }
  }
}
