/**
 * A token that the index holds of each Consent beside R4's parameters: whether it permits or denies. No search parameter of
 * R4 tells the one from the other. https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.type
 */

/** The name of the index; no parameter has such a code. */
export const PROVISION_KEY = 'Consent.~provision';

interface Provided {
  provision?: { type?: unknown };
}

/** For the index. */
export const consentKeys: Readonly<Record<string, (resource: unknown) => { key: string; code: string } | undefined>> = {
  Consent(resource) {
    const { type } = (resource as Provided | null)?.provision ?? {};
    return type === 'permit' || type === 'deny' ? { key: PROVISION_KEY, code: type } : undefined;
  },
};
