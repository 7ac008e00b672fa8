// What a user of the AWS SDK for JavaScript does first; prints one JSON document.
// Run by test_js_sdk.py with the endpoint, a role's ARN and a package in base64.
import {
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

const [endpoint, role, code] = process.argv.slice(2);
const client = new LambdaClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
const patience = { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
const FunctionName = "from-js";

async function failure(command) {
  try {
    await client.send(command);
    return null;
  } catch (error) {
    const { httpStatusCode, attempts } = error.$metadata;
    return { name: error.name, message: error.message, status: httpStatusCode, attempts };
  }
}

async function invoke(event, more = {}) {
  const Payload = new TextEncoder().encode(JSON.stringify(event));
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload, ...more }));
  // The SDK gives no Payload where the answer has no body.
  const text = answer.Payload ? new TextDecoder().decode(answer.Payload) : "";
  return {
    status: answer.StatusCode,
    version: answer.ExecutedVersion,
    error: answer.FunctionError,
    log: answer.LogResult && Buffer.from(answer.LogResult, "base64").toString(),
    result: text && JSON.parse(text),
  };
}

const created = await client.send(
  new CreateFunctionCommand({
    FunctionName,
    Role: role,
    Runtime: "python3.14",
    Handler: "index.handler",
    Code: { ZipFile: Buffer.from(code, "base64") },
  }),
);
await waitUntilFunctionActiveV2(patience, { FunctionName });
await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 7 }));
await waitUntilFunctionUpdatedV2(patience, { FunctionName });

const seen = {
  created: created.State,
  echo: await invoke({ number: 1, text: "é" }, { LogType: "Tail" }),
  raised: await invoke({ fail: true }),
  event: await invoke({}, { InvocationType: "Event" }),
  dryRun: await invoke({}, { InvocationType: "DryRun" }),
  missing: await failure(new InvokeCommand({ FunctionName: "nobody" })),
  notModelled: await failure(
    new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }),
  ),
  listed: (await client.send(new ListFunctionsCommand({}))).Functions.map((f) => f.FunctionName),
};
await client.send(new DeleteFunctionCommand({ FunctionName }));
seen.deleted = (await failure(new InvokeCommand({ FunctionName }))).name;
console.log(JSON.stringify(seen));
