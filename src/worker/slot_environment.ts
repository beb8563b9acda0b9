/** What a slot inherits of the environment: what the system, the runtime and a site need, and no secrets. */

/** Beside these, whatever begins with one of {@linkcode PREFIXES}. */
const NAMES = new Set([
  "HOME",
  "LANG",
  "LOGNAME",
  "NODE_EXTRA_CA_CERTS",
  "NPM_CONFIG_REGISTRY",
  "PATH",
  "SHELL",
  "SSL_CERT_DIR",
  "SSL_CERT_FILE",
  "TMPDIR",
  "TZ",
  "USER",
  "XDG_CACHE_HOME",
]);

/** Of the language, the dynamic linker, threads of libraries, the runtime, and tests that make a disk or a clock fail. */
const PREFIXES = ["LC_", "LD_", "OMP_", "DENO_", "SIMRUN_TEST_"];

/** Models may import packages, and some sites reach them only so. */
const PROXY = /^(?:ALL|HTTPS?|NO)_PROXY$/i;
/** A name and a password in an address. */
const CREDENTIALS = /\/\/[^/]*@/;

/** The runtime's own, but secret. */
const SECRET = /AUTH|PASSWORD|SECRET|TOKEN/;

/** From the environment of the orchestrator. No thread may read it; no slot need fear for what it does not have. */
export function slotEnvironment(
  inherited: { readonly [name: string]: string } = Deno.env.toObject(),
): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(inherited).filter(([name, value]) => isHarmless(name, value)),
  );
}

function isHarmless(name: string, value: string): boolean {
  if (SECRET.test(name) || CREDENTIALS.test(value)) return false;
  return NAMES.has(name) || PROXY.test(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
}
