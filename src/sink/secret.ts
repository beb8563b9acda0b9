/** Secrets, read where they are used and from where the manifest says. They are in no message. */
import type { Secret } from "../job/sink.ts";
import { NotDelivered } from "./sink.ts";

export function readSecret(secret: Secret): string {
  if ("env" in secret) {
    const value = Deno.env.get(secret.env)?.trim();
    if (value) return value;
    throw new NotDelivered(`the environment variable ${secret.env} is not set`);
  }
  let text: string;
  try {
    text = Deno.readTextFileSync(secret.file);
  } catch {
    throw new NotDelivered(`${secret.file}, which holds the secret, cannot be read`);
  }
  const [line] = text.split("\n");
  if (line!.trim() !== "") return line!.trim();
  throw new NotDelivered(`${secret.file}, which holds the secret, begins with an empty line`);
}
