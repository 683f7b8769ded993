/** `passerelle dmp-simulator`: a DMP for tests on this machine, until it is told to stop. See dmp/simulator/. */
import { readFileSync } from 'node:fs';
import { WrongSetting } from '../config.js';
import { DmpSimulator } from '../dmp/simulator/simulator.js';

/** Resolves to the exit code, when it has stopped. Throws WrongSetting. */
export async function dmpSimulator(flags: Record<string, unknown>): Promise<number> {
  const list = (name: string): string[] => (flags[name] as string[] | undefined) ?? [];
  const port = Number(flags.port ?? 8090);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new WrongSetting('--port is not a port.');
  if (list('trust').length === 0) throw new WrongSetting('--trust names no certificate: no signature could hold.');
  const [none, closed] = [new Set(list('no-dmp')), new Set(list('closed'))];
  const simulator = opened({
    trusted: list('trust').map(pemOf),
    ...(list('structure').length === 0 ? {} : { structures: list('structure') }),
    dmpOf: (patient) => {
      const [ins = ''] = patient.split('|');
      return none.has(ins) ? 'none' : closed.has(ins) ? 'closed' : 'active';
    },
  });
  const base = await simulator.listen(port);
  console.log(
    [
      `A simulated DMP listens on ${base} (/patients, /repository, /registry)`,
      `  ${base}/         what it holds`,
      `  ${base}/state    the same as JSON`,
      `  ${base}/script   POST faults to come, as [{"fault": "busy", "times": 3}]`,
    ].join('\n'),
  );
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await simulator.close();
  return 0;
}

function pemOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new WrongSetting(`--trust ${file} cannot be read.`);
  }
}

function opened(options: ConstructorParameters<typeof DmpSimulator>[0]): DmpSimulator {
  try {
    return new DmpSimulator(options);
  } catch {
    throw new WrongSetting('--trust names a file that is no certificate in PEM.');
  }
}
