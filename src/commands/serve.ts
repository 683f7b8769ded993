/** `passerelle serve`: listens until it is told to stop, then lets what is in flight end. */
import { createServer, type Server } from '../app.js';
import { warningOf } from '../authentication.js';
import { hidePassword, type Settings, WrongSetting } from '../config.js';
import { StoreDamaged } from '../store/store.js';

/** Resolves to the exit code, when the server has stopped. */
export async function serve(settings: Settings): Promise<number> {
  const server = await opened(settings);
  const url = await server.listen();
  const root = url.replace(/\/fhir$/, '');
  console.log(
    [
      `Passerelle ${server.services.software.version} listens on ${url} (store: ${hidePassword(settings.STORE)})`,
      `  ${url}/metadata   what it can do`,
      `  ${url}/Patient    the patients`,
      `  ${root}/readyz         whether it is ready`,
    ].join('\n'),
  );
  const warning = warningOf(settings);
  if (warning !== undefined) console.error(`\n  !! ${warning}\n`);
  await stopSignal();
  const timer = setTimeout(() => {
    console.error('Requests were still in flight at STOP_TIMEOUT; they were not acknowledged.');
    process.exit(1);
  }, settings.STOP_TIMEOUT * 1000);
  await server.close();
  clearTimeout(timer);
  return 0;
}

/** Throws WrongSetting for a store that must not be gone on with. */
async function opened(settings: Settings): Promise<Server> {
  try {
    return await createServer(settings);
  } catch (error) {
    if (!(error instanceof StoreDamaged)) throw error;
    throw new WrongSetting(
      `The store that STORE names is damaged (${error.message}). It is left as it is, so that no more is lost: restore it from a copy.`,
    );
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
