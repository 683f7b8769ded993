/** What the settings say of validation. */
import { type Settings, WrongSetting } from './config.js';
import type { IdentityPolicy } from './identity/rules.js';
import type { Services } from './interactions/interaction.js';
import type { Definitions } from './r4/definitions/index.js';
import { createValidator, type ValidatorSettings } from './validation/index.js';

export function validatorSettings(settings: Settings): ValidatorSettings {
  return {
    unknownExtensions: settings.UNKNOWN_EXTENSIONS,
    exampleUrls: settings.EXAMPLE_URLS,
    htmlInText: settings.HTML_IN_TEXT,
  };
}

export function identityPolicy({ INS_KEY, INS_ENVIRONMENT }: Settings): IdentityPolicy {
  return { key: INS_KEY, environment: INS_ENVIRONMENT };
}

/** Throws WrongSetting for a profile that is not known, or is for another type. */
export function requiredProfiles(
  { REQUIRE_PROFILE }: Settings,
  definitions: Definitions,
): Services['requiredProfiles'] {
  for (const [type, profiles] of REQUIRE_PROFILE) {
    for (const canonical of profiles) {
      const found = definitions.structure(canonical);
      if (found === undefined) throw new WrongSetting(`REQUIRE_PROFILE names ${canonical}, which is not known here.`);
      if (found.type !== type) {
        throw new WrongSetting(`REQUIRE_PROFILE asks of ${type} a profile of ${found.type}: ${canonical}.`);
      }
    }
  }
  return REQUIRE_PROFILE;
}

/** Is a definition valid as R4 has it? Each object is looked at once, though it is asked for at every change. */
export function soundness(definitions: Definitions): (resource: object) => boolean {
  const validator = createValidator(definitions);
  const known = new WeakMap<object, boolean>();
  return (resource) => {
    const there = known.get(resource) ?? validator.isValid(resource);
    known.set(resource, there);
    return there;
  };
}
