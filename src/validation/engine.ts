/** What the checks need to know of the definitions while they walk. */

import type { Definitions } from '../r4/definitions/index.js';
import { ValueSets } from '../terminology/index.js';
import { bundleCheck } from './bundle.js';
import { codingCheck } from './coding.js';
import { Compiler } from './compile.js';
import { ConstraintEvaluator } from './constraint.js';
import { definitionalChecks } from './definitional/index.js';
import { checkObject } from './element.js';
import { type At, below, fail, isObject, type Json, note, type Run, shown } from './explain.js';
import { checkPlace, checkRepeats, type ExtensionSettings, extensionCheck } from './extension.js';
import type { Check, Plan } from './plan.js';
import { Profiler } from './profile.js';
import { type Knowledge, questionnaireCheck } from './questionnaire/index.js';
import { checkAttachment, checkContained, checkIdentifier, checkNarrative } from './special.js';
import { type TextRules, textRules } from './text-rules.js';
import { unitCheck } from './unit.js';
import { vitalSignProfile } from './vital-signs.js';

/** What an establishment may be stricter or laxer about than R4. */
export interface ValidatorSettings extends TextRules, ExtensionSettings {}

export class Engine {
  private readonly compiler: Compiler;
  private readonly profiler: Profiler;
  private readonly types: ReadonlySet<string>;
  readonly isResourceType = (name: string): boolean => this.types.has(name);

  constructor(
    private readonly definitions: Definitions,
    settings: ValidatorSettings,
  ) {
    this.types = new Set(definitions.resourceTypes);
    const valueSets = ValueSets.of(definitions);
    const knowledge: Knowledge = {
      questionnaire: (canonical) => definitions.authored('Questionnaire', canonical),
      codes: (valueSet) => valueSets.codes(valueSet),
      isType: this.isResourceType,
    };
    const isUnit = unitCheck(definitions);
    const specials = new Map<string, Check>([
      ['Narrative', checkNarrative],
      ['Attachment', checkAttachment],
      ['Identifier', checkIdentifier],
      ['Coding', codingCheck(definitions, isUnit)],
      ...['Quantity', 'Age', 'Count', 'Distance', 'Duration'].map((type): [string, Check] => [type, isUnit as Check]),
      ['Bundle', bundleCheck(this.isResourceType)],
      ['QuestionnaireResponse', questionnaireCheck(knowledge)],
      ['Extension', extensionCheck((url) => this.profiler.extension(url), settings)],
    ]);
    const constraints = new ConstraintEvaluator((profile) => definitions.isStored(profile), {
      codes: knowledge.codes,
      conforms: (profile, value, run) => this.profiler.conforms(profile, value, run),
    });
    this.compiler = new Compiler(
      definitions,
      specials,
      new Map(definitionalChecks(definitions)),
      constraints,
      valueSets,
      textRules(settings),
    );
    this.profiler = new Profiler(definitions, this.compiler, constraints);
  }

  /** The plan of what stands beside a primitive: id and extensions. */
  elementPlan(): Plan {
    return this.compiler.plan('Element') as Plan;
  }

  plan(type: string): Plan | undefined {
    return this.compiler.plan(type);
  }

  /** A resource of whatever type it says it is. */
  checkResource(value: Json, at: At, run: Run, contained: boolean): boolean {
    const type = value.resourceType;
    if (typeof type !== 'string') return fail(run, at, 'no-resource-type', {});
    const plan = this.types.has(type) ? this.compiler.plan(type) : undefined;
    if (plan === undefined) return fail(run, at, 'unknown-resource-type', { type: shown(type) });
    const { container, bundle, hostPath, hostType, ids } = run;
    run.ids = undefined;
    if (!contained) run.container = value;
    if (type === 'Bundle') run.bundle = value;
    run.hostPath = type;
    run.hostType = type;
    let ok = checkObject(plan, value, at, run, this);
    if (!contained && (ok || at !== undefined) && !checkContained(value, at, run)) ok = false;
    if ((ok || at !== undefined) && !this.checkClaims(value, type, at, run)) ok = false;
    run.container = container;
    run.bundle = bundle;
    run.hostPath = hostPath;
    run.hostType = hostType;
    run.ids = ids;
    return ok;
  }

  /** The profiles that `meta.profile` claims; one that is not known is a warning. */
  private checkClaims(value: Json, type: string, at: At, run: Run): boolean {
    const claims = isObject(value.meta) ? value.meta.profile : undefined;
    const vitalSign = type === 'Observation' ? vitalSignProfile(value) : undefined;
    let ok = vitalSign === undefined || this.checkProfile(vitalSign, value, type, at, at, run);
    if (!Array.isArray(claims)) return ok;
    for (let i = 0; i < claims.length && (ok || at !== undefined); i++) {
      const claim: unknown = claims[i];
      if (typeof claim !== 'string') continue;
      const place = at === undefined ? undefined : below(below(at, 'meta'), 'profile', i);
      if (!this.checkProfile(claim, value, type, at, place, run)) ok = false;
    }
    return ok;
  }

  /** Against one profile by its canonical; `claim` is the place that names it. */
  checkProfile(canonical: string, value: Json, type: string, at: At, claim: At, run: Run): boolean {
    const rules = this.profiler.rules(canonical);
    if (rules === undefined) {
      const fault = this.definitions.fault(canonical);
      const profile = shown(canonical);
      if (fault !== undefined) {
        const key = fault.rule === 'size' ? 'profile-too-large' : 'profile-broken';
        return fail(run, claim, key, { profile, found: shown(fault.found) });
      }
      return note(run, claim, 'warning', 'profile-unknown', { profile });
    }
    if (rules.type !== type && rules.type !== 'DomainResource' && rules.type !== 'Resource') {
      return fail(run, claim, 'profile-type', { profile: shown(canonical), expected: rules.type, type });
    }
    return rules.check(value, at, run);
  }

  /** One of several profiles, whichever the resource claims. */
  checkOneOf(profiles: readonly string[], value: Json, type: string, at: At, run: Run): boolean {
    const [only] = profiles;
    if (only === undefined) return true;
    if (profiles.length === 1) return this.checkProfile(only, value, type, at, at, run);
    if (profiles.some((profile) => this.checkProfile(profile, value, type, undefined, undefined, run.aside())))
      return true;
    return fail(run, at, 'no-profile-fits', { profiles: profiles.join(', ') });
  }

  /** How often an element has the same extension. */
  checkRepeats(extensions: readonly unknown[], at: At, run: Run): void {
    checkRepeats(extensions, (url) => this.profiler.extension(url), at, run);
  }

  /** Where an extension stands; `member` is extension or modifierExtension. */
  checkExtension(extension: Json, member: string, at: At, run: Run): boolean {
    const rules = typeof extension.url === 'string' ? this.profiler.extension(extension.url) : undefined;
    return checkPlace(extension, member, rules, this.types.has(run.hostPath), at, run);
  }
}
