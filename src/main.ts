#!/usr/bin/env node
/** The command line: serve, demo, validate, tenant, audit, dmp, dmp-simulator. Exit codes: 0 well, 1 failed, 2 wrong usage or setting. */
import { parseArgs } from 'node:util';
import { flagOf, readSettings, SETTING_NAMES, type SettingName, type Settings, WrongSetting } from './config.js';

interface Command {
  summary: string;
  usage: string;
  /** True when the settings of config.ts are its flags too. */
  settings: boolean;
  /** True when it takes names of files. */
  files: boolean;
  /** Flags of its own, with what they mean. */
  flags?: Record<string, { type: 'string' | 'boolean'; multiple?: boolean; meaning: string }>;
  run(settings: Settings, positionals: string[], flags: Record<string, unknown>): Promise<number>;
}

const COMMANDS: Record<string, Command> = {
  serve: {
    summary: 'start the FHIR server',
    usage: 'passerelle serve [--port 8080] [--store sqlite:./data] ...',
    settings: true,
    files: false,
    run: async (settings) => (await import('./commands/serve.js')).serve(settings),
  },
  demo: {
    summary: 'start a throw-away server, push a resident’s record as a DUI would, and show each answer',
    usage: 'passerelle demo',
    settings: false,
    files: false,
    run: async () => (await import('./commands/demo.js')).demo(),
  },
  validate: {
    summary: 'check FHIR resources in files or folders of JSON, NDJSON and XML',
    usage: 'passerelle validate FILE... [--profile URL] [--package FILE] [--language fr] [--json]',
    settings: false,
    files: true,
    flags: {
      profile: {
        type: 'string',
        multiple: true,
        meaning: 'a profile to keep, claimed or not; of an entry in a Bundle too',
      },
      package: { type: 'string', multiple: true, meaning: 'a guide: a folder, a .tgz, or name#version of the cache' },
      language: { type: 'string', meaning: 'en or fr' },
      json: { type: 'boolean', meaning: 'one line of JSON for each resource, with its OperationOutcome' },
    },
    run: async (settings, files, flags) =>
      (await import('./commands/validate/index.js')).validate(files, flags, settings),
  },
  tenant: {
    summary: 'add, list, suspend, resume, export and remove the establishments that a server keeps apart',
    usage:
      'passerelle tenant add|list|suspend|resume|export|remove [NAME] [--title TEXT] [--to FOLDER] [--yes] [--store ...]',
    settings: true,
    files: true,
    flags: {
      title: { type: 'string', meaning: 'add: what people call it' },
      to: { type: 'string', meaning: 'export: the folder that is made' },
      yes: { type: 'boolean', meaning: 'remove: all its records may be lost' },
    },
    run: async (settings, names, flags) => (await import('./commands/tenant.js')).tenant(settings, names, flags),
  },
  audit: {
    summary: 'check that the trace is whole, or write it to a file',
    usage:
      'passerelle audit verify|export [--head CHAIN:NUMBER:HASH] [--to FILE] [--patient ID] [--tenant NAME] [--store ...]',
    settings: true,
    files: true,
    flags: {
      head: { type: 'string', multiple: true, meaning: 'verify: the head of a chain as it was logged' },
      to: { type: 'string', meaning: 'export: the file of NDJSON that is made' },
      patient: { type: 'string', meaning: 'export: only what is about this patient' },
      tenant: { type: 'string', meaning: 'the establishment whose trace it is' },
    },
    run: async (settings, names, flags) => (await import('./commands/audit.js')).audit(settings, names, flags),
  },
  dmp: {
    summary: 'how many documents are where on their way to the DMP; let an establishment that the DMP stopped go on',
    usage: 'passerelle dmp status|release [ESTABLISHMENT] [--tenant NAME] [--store ...]',
    settings: true,
    files: true,
    flags: { tenant: { type: 'string', meaning: 'the tenant whose queue it is' } },
    run: async (settings, names, flags) => (await import('./commands/dmp.js')).dmp(settings, names, flags),
  },
  'dmp-simulator': {
    summary: 'start a DMP for tests on this machine: XDS.b, VIHF and lot signature judged, faults on demand',
    usage:
      'passerelle dmp-simulator --trust CERTIFICATE.pem [--port 8090] [--structure ID] [--no-dmp INS] [--closed INS]',
    settings: false,
    files: false,
    flags: {
      port: { type: 'string', meaning: 'where it listens, on 127.0.0.1; 0 is any that is free (default 8090)' },
      trust: { type: 'string', multiple: true, meaning: 'PEM of a certificate that signs, or certifies those that do' },
      structure: { type: 'string', multiple: true, meaning: 'Struct_IdNat that it knows (default all)' },
      'no-dmp': { type: 'string', multiple: true, meaning: 'INS of a patient without a DMP' },
      closed: { type: 'string', multiple: true, meaning: 'INS of a patient whose DMP is closed' },
    },
    run: async (_settings, _files, flags) => (await import('./commands/dmp-simulator.js')).dmpSimulator(flags),
  },
};

class WrongUsage extends Error {}

async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new WrongUsage(`There is no command "${name}".`);
  const flags = command.settings ? SETTING_NAMES : [];
  const options = Object.fromEntries(flags.map((flag) => [flagOf(flag), { type: 'string' as const }]));
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: rest,
      options: { ...options, ...optionsOf(command), help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
  } catch (error) {
    throw new WrongUsage((error as Error).message.split('.')[0]);
  }
  if (parsed.values.help === true) {
    console.log(await help(command));
    return 0;
  }
  const [extra] = parsed.positionals;
  if (!command.files && extra !== undefined) throw new WrongUsage(`${name} takes no "${extra}".`);
  const given: Partial<Record<SettingName, string>> = {};
  for (const flag of flags) {
    const value = parsed.values[flagOf(flag)];
    if (typeof value === 'string') given[flag] = value;
  }
  return await command.run(readSettings(given, process.env), parsed.positionals, parsed.values);
}

function optionsOf({ flags = {} }: Command) {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(14)} ${summary}`);
  return ['Usage: passerelle COMMAND [options]', '', ...lines, '', 'passerelle COMMAND --help tells more.'].join('\n');
}

async function help(command: Command): Promise<string> {
  const own = Object.entries(command.flags ?? {}).map(([name, { meaning }]) => `  --${name.padEnd(10)} ${meaning}`);
  const text = [`Usage: ${command.usage}`, '', command.summary, ...(own.length > 0 ? ['', ...own] : [])].join('\n');
  if (!command.settings) return text;
  const { SETTINGS } = await import('./config.js');
  const rows = SETTING_NAMES.map((name) => {
    const { default: value, meaning } = SETTINGS[name];
    return `  --${flagOf(name).padEnd(18)} ${meaning} (${name}; default ${value === '' ? 'none' : value})`;
  });
  return `${text}\n\nSettings, by flag or environment variable:\n${rows.join('\n')}`;
}

try {
  const code = await main(process.argv.slice(2));
  process.exitCode = code;
} catch (error) {
  if (error instanceof WrongSetting || error instanceof WrongUsage) {
    console.error(error.message);
    process.exitCode = 2;
  } else {
    console.error(error instanceof Error ? error.message : 'failed');
    process.exitCode = 1;
  }
}
