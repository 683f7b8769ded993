/** How the simulated DMP says no: errors of a registry, or a SOAP fault. https://profiles.ihe.net/ITI/TF/Volume3/ch-4.2.html#4.2.4 */

/** An answer with RegistryErrors. */
export class Refused extends Error {
  override name = 'Refused';
  constructor(
    readonly code: string,
    readonly context: string,
  ) {
    super(`${code}: ${context}`);
  }
}

/** A SOAP fault: what is wrong is not of the document. */
export class Faulted extends Error {
  override name = 'Faulted';
  constructor(
    readonly subcode: string,
    readonly reason: string,
    readonly code: 'Sender' | 'Receiver' = 'Sender',
  ) {
    super(`${subcode}: ${reason}`);
  }
}
