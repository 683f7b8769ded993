/**
 * What Pro Santé Connect says of a professional: what he exercises, and where.
 * https://industriels.esante.gouv.fr/produits-et-services/pro-sante-connect/documentation-technique
 */
import type { Role } from './caller.js';

/** `SubjectRefPro.exercices[].activities[]`; a field that has no value is ''. */
interface Exercice {
  codeProfession?: unknown;
  /** C civil, M military, E student. */
  codeCategorieProfessionnelle?: unknown;
  codeSavoirFaire?: unknown;
  activities?: unknown;
}
interface Activity {
  /** Of the site. */
  numeroFinessSite?: unknown;
  /** Of the legal entity. */
  numeroFinessetablissementJuridique?: unknown;
  /** `1` and a FINESS number, among others. */
  ancienIdentifiantDeLaStructure?: unknown;
}

/**
 * A role for each activity of each profession. A student is not what he learns to be: his code is followed by `-E`.
 * Structures hold the legal entities too.
 */
export function rolesOfProSanteConnect(claims: Readonly<Record<string, unknown>>): {
  roles: Role[];
  structures: string[];
} {
  const roles: Role[] = [];
  const structures = new Set<string>();
  const { exercices } = (claims.SubjectRefPro ?? {}) as { exercices?: unknown };
  for (const { codeProfession, codeCategorieProfessionnelle, codeSavoirFaire, activities } of objects<Exercice>(
    exercices,
  )) {
    const profession = code(codeProfession);
    if (profession === undefined) continue;
    const specialty = code(codeSavoirFaire);
    const role = {
      code: codeCategorieProfessionnelle === 'E' ? `${profession}-E` : profession,
      ...(specialty !== undefined && { specialty }),
    };
    const places = objects<Activity>(activities).map((activity) => {
      const legal = finess(activity.numeroFinessetablissementJuridique);
      const structure = finess(activity.numeroFinessSite) ?? finess(activity.ancienIdentifiantDeLaStructure);
      for (const one of [legal, structure]) if (one !== undefined) structures.add(one);
      return structure;
    });
    // Who exercises nowhere has his profession all the same.
    for (const structure of new Set(places.length === 0 ? [undefined] : places)) {
      roles.push({ ...role, ...(structure !== undefined && { structure }) });
    }
  }
  return { roles, structures: [...structures] };
}

const objects = <T>(value: unknown): T[] =>
  Array.isArray(value) ? value.filter((one): one is T => typeof one === 'object' && one !== null) : [];

const code = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w-]{1,32}$/.test(value) ? value : undefined;

/** A FINESS number, with or without the 1 that stands before it as a national number of structures. */
export const finess = (value: unknown): string | undefined =>
  typeof value === 'string' ? /^1?(\d[\dAB]\d{7})$/.exec(value)?.[1] : undefined;
