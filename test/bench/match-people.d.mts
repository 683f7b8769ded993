export interface Invented {
  number: number;
  family: string;
  used?: string | undefined;
  given: string;
  further: string[];
  date: string;
  place?: string | undefined;
  gender?: string | undefined;
  ins: string;
  hasIns: boolean;
  ipp: string;
}
export function patientOf(one: Invented, system?: string): Record<string, unknown>;
