/** What the validator can say, in English and French; `{name}` stands for a parameter. */
import { ANSWER_MESSAGES } from './answer-messages.js';
import { DEFINITIONAL_MESSAGES } from './definitional-messages.js';
import { DMP_MESSAGES } from './dmp-messages.js';
import { DOCUMENT_MESSAGES } from './document-messages.js';
import { IDENTITY_MESSAGES } from './identity-messages.js';

export const VALIDATION_MESSAGES = {
  ...DEFINITIONAL_MESSAGES,
  ...DMP_MESSAGES,
  ...DOCUMENT_MESSAGES,
  ...ANSWER_MESSAGES,
  ...IDENTITY_MESSAGES,
  'search-parameter': {
    issue: 'not-supported',
    en: 'This search parameter cannot be served: {reason}.',
    fr: 'Ce paramètre de recherche ne peut être servi : {reason}.',
  },
  'unknown-element': {
    issue: 'structure',
    en: '{path} has no element "{name}": remove it, or correct its name.{near}',
    fr: '{path} n’a pas d’élément « {name} » : retirez-le ou corrigez son nom.{near}',
  },
  'several-choices': {
    issue: 'structure',
    en: '{element} is there with two types; keep one.',
    fr: '{element} figure avec deux types ; gardez-en un.',
  },
  'empty-object': {
    issue: 'structure',
    en: 'The object is empty; give it content or leave it out.',
    fr: 'L’objet est vide ; donnez-lui un contenu ou omettez-le.',
  },
  'only-id': {
    issue: 'structure',
    en: 'The object holds an id and nothing else (ele-1); give it a value, elements or extensions.',
    fr: 'L’objet n’a qu’un id (ele-1) ; donnez-lui une valeur, des éléments ou des extensions.',
  },
  missing: {
    issue: 'required',
    en: '{path}.{element} is required and missing.',
    fr: '{path}.{element} est obligatoire et absent.',
  },
  'array-for-single': {
    issue: 'structure',
    en: '{element} does not repeat: a single value is expected, not an array.',
    fr: '{element} ne se répète pas : une valeur seule est attendue, non un tableau.',
  },
  'single-for-array': {
    issue: 'structure',
    en: '{element} repeats: put its value in an array.',
    fr: '{element} se répète : mettez sa valeur dans un tableau.',
  },
  'empty-array': {
    issue: 'structure',
    en: '{element} is an empty array; leave it out.',
    fr: '{element} est un tableau vide ; omettez-le.',
  },
  'too-many': {
    issue: 'structure',
    en: 'There are {count} values where {max} at most are allowed.',
    fr: 'Il y a {count} valeurs, {max} au plus sont permises.',
  },
  null: {
    issue: 'structure',
    en: 'null stands here without a value beside it; leave the element out.',
    fr: 'null figure ici sans valeur en regard ; omettez l’élément.',
  },
  'not-an-object': {
    issue: 'structure',
    en: 'An object of type {type} is expected, found "{value}".',
    fr: 'Un objet de type {type} est attendu, « {value} » trouvé.',
  },
  'not-a-primitive': {
    issue: 'structure',
    en: 'A value of type {type} is expected, not an object or array.',
    fr: 'Une valeur de type {type} est attendue, non un objet ou un tableau.',
  },
  'empty-string': {
    issue: 'value',
    en: 'The string is empty; leave the element out.',
    fr: 'La chaîne est vide ; omettez l’élément.',
  },
  primitive: {
    issue: 'value',
    en: '"{value}" is not a valid {type}.',
    fr: '« {value} » n’est pas une valeur de type {type}.',
  },
  'not-in-value-set': {
    issue: 'code-invalid',
    en: '"{value}" is not in the value set {valueSet}, from which a code is required: {codes}.',
    fr: '« {value} » n’est pas dans le jeu de valeurs {valueSet}, dont un code est exigé : {codes}.',
  },
  'not-in-extensible': {
    issue: 'code-invalid',
    en: '"{value}" is not in the value set {valueSet}, which is to be used where it has a fitting code: {codes}.',
    fr: '« {value} » n’est pas dans le jeu de valeurs {valueSet}, à employer s’il a un code qui convient : {codes}.',
  },
  'not-in-preferred': {
    issue: 'code-invalid',
    en: '"{value}" is not in the value set {valueSet}, which is preferred here: {codes}.',
    fr: '« {value} » n’est pas dans le jeu de valeurs {valueSet}, préféré ici : {codes}.',
  },
  'code-unknown': {
    issue: 'code-invalid',
    en: 'The code system {system} has no code "{code}".',
    fr: 'Le système de codes {system} n’a pas de code « {code} ».',
  },
  'code-system-supplement': {
    issue: 'code-invalid',
    en: '{system} is a supplement: name the code system that it adds to.',
    fr: '{system} est un supplément : indiquez le système de codes qu’il complète.',
  },
  'contained-missing': {
    issue: 'invalid',
    en: '"{value}" points to a contained resource that is not there.',
    fr: '« {value} » désigne une ressource incluse qui n’existe pas.',
  },
  'reference-type-contradiction': {
    issue: 'invalid',
    en: 'The reference says type {value}, but its URL points to a {found}.',
    fr: 'La référence annonce le type {value}, mais son URL désigne un {found}.',
  },
  'reference-form': {
    issue: 'value',
    en: '"{value}" is no reference: Type/id, #id or an absolute URL is expected.',
    fr: '« {value} » n’est pas une référence : Type/id, #id ou une URL absolue est attendue.',
  },
  'urn-not-in-bundle': {
    issue: 'not-found',
    en: '"{value}" is the fullUrl of no entry of the Bundle, and leads nowhere else: correct it or add the entry.',
    fr: '« {value} » n’est la fullUrl d’aucune entrée du Bundle, et ne mène nulle part ailleurs : corrigez-la ou ajoutez l’entrée.',
  },
  'reference-target': {
    issue: 'invalid',
    en: 'The reference points to a {found}; allowed here: {allowed}.',
    fr: 'La référence désigne un {found} ; permis ici : {allowed}.',
  },
  'target-profile': {
    issue: 'invalid',
    en: 'What "{value}" points to keeps none of the profiles asked for: {profiles}.',
    fr: 'Ce que « {value} » désigne n’est conforme à aucun des profils demandés : {profiles}.',
  },
  aggregation: {
    issue: 'invalid',
    en: 'The target of "{value}" is {found}; the profile allows only: {allowed}.',
    fr: 'La cible de « {value} » est : {found} ; le profil ne permet que : {allowed}.',
  },
  'document-missing': {
    issue: 'not-found',
    en: 'The document does not bring along "{value}", to which its Composition refers.',
    fr: 'Le document ne comporte pas « {value} », que sa Composition désigne.',
  },
  'document-ambiguous': {
    issue: 'multiple-matches',
    en: '{count} entries of the document are "{value}": name a version.',
    fr: '{count} entrées du document sont « {value} » : indiquez une version.',
  },
  'example-url': {
    issue: 'value',
    en: 'The URL {url} is one for examples only.',
    fr: 'L’URL {url} n’est destinée qu’aux exemples.',
  },
  'html-in-string': {
    issue: 'value',
    en: 'The text "{value}" holds what looks like HTML; write it as plain text.',
    fr: 'Le texte « {value} » contient ce qui ressemble à du HTML ; écrivez-le en texte simple.',
  },
  'id-of-update': {
    issue: 'value',
    en: 'The URL names the id "{id}", the resource "{found}".',
    fr: 'L’URL indique l’id « {id} », la ressource « {found} ».',
  },
  'no-resource-type': {
    issue: 'structure',
    en: 'The resource has no resourceType.',
    fr: 'La ressource n’a pas de resourceType.',
  },
  'unknown-resource-type': {
    issue: 'structure',
    en: '"{type}" is not a resource type of FHIR R4.',
    fr: '« {type} » n’est pas un type de ressource de FHIR R4.',
  },
  invariant: {
    issue: 'invariant',
    en: 'The rule {key} is not kept: {human}',
    fr: 'La règle {key} n’est pas respectée : {human}',
  },
  'invariant-unusable': {
    issue: 'not-supported',
    en: 'The rule {key} of a profile cannot be evaluated: it was not checked.',
    fr: 'La règle {key} d’un profil ne peut être évaluée : elle n’a pas été vérifiée.',
  },
  'invariants-slow': {
    issue: 'too-costly',
    en: 'Rules of the profile {profile} take too long to evaluate; {count} were not checked: {keys}.',
    fr: 'Des règles du profil {profile} prennent trop de temps à évaluer ; {count} n’ont pas été vérifiées : {keys}.',
  },
  narrative: {
    issue: 'invalid',
    en: 'The narrative is not allowed XHTML ({fault}): "{found}".',
    fr: 'Le texte n’est pas du XHTML permis ({fault}) : « {found} ».',
  },
  'full-url-relative': {
    issue: 'value',
    en: 'fullUrl "{value}" is not absolute.',
    fr: 'fullUrl « {value} » n’est pas absolue.',
  },
  'full-url-identity': {
    issue: 'value',
    en: 'fullUrl "{value}" does not end in {identity}, the identity of the resource.',
    fr: 'fullUrl « {value} » ne se termine pas par {identity}, l’identité de la ressource.',
  },
  'contained-without-id': {
    issue: 'required',
    en: 'A contained resource needs an id.',
    fr: 'Une ressource incluse doit avoir un id.',
  },
  'contained-id-twice': {
    issue: 'duplicate',
    en: 'The id "{id}" stands twice among the contained resources.',
    fr: 'L’id « {id} » figure deux fois parmi les ressources incluses.',
  },
  'contained-nested': {
    issue: 'invariant',
    en: 'A contained resource must not contain resources (dom-2).',
    fr: 'Une ressource incluse ne doit pas en inclure d’autres (dom-2).',
  },
  'contained-meta': {
    issue: 'invariant',
    en: 'A contained resource must not have meta.versionId, lastUpdated or security (dom-4, dom-5).',
    fr: 'Une ressource incluse ne doit avoir ni meta.versionId, ni lastUpdated, ni security (dom-4, dom-5).',
  },
  'contained-orphan': {
    issue: 'invariant',
    en: 'Nothing refers to the contained resource "{id}" (dom-3): refer to "#{id}" or remove it.',
    fr: 'Rien ne désigne la ressource incluse « {id} » (dom-3) : désignez « #{id} » ou retirez-la.',
  },
  'extension-value': {
    issue: 'invariant',
    en: 'The extension {url} must have either a value or nested extensions, not both and not neither (ext-1).',
    fr: 'L’extension {url} doit avoir soit une valeur, soit des extensions imbriquées (ext-1).',
  },
  'extension-url-relative': {
    issue: 'value',
    en: 'The extension url "{url}" must be absolute here.',
    fr: 'L’url d’extension « {url} » doit être absolue ici.',
  },
  'extension-url-version': {
    issue: 'value',
    en: 'The extension url "{url}" must not carry a version.',
    fr: 'L’url d’extension « {url} » ne doit pas porter de version.',
  },
  'extension-unknown': {
    issue: 'extension',
    en: 'The extension {url} is not known here and was not checked.',
    fr: 'L’extension {url} est inconnue ici et n’a pas été vérifiée.',
  },
  'extension-part': {
    issue: 'extension',
    en: 'The extension has no part "{url}"; it has: {parts}.',
    fr: 'L’extension n’a pas de partie « {url} » ; elle a : {parts}.',
  },
  'extension-context': {
    issue: 'extension',
    en: 'The extension {url} has no place on {place}; it is for: {allowed}.',
    fr: 'L’extension {url} n’a pas sa place sur {place} ; elle est prévue pour : {allowed}.',
  },
  'attachment-size': {
    issue: 'value',
    en: 'size says {size}, but the data is {bytes} bytes.',
    fr: 'size annonce {size}, mais les données font {bytes} octets.',
  },
  'identifier-uri': {
    issue: 'value',
    en: 'The system urn:ietf:rfc:3986 says that the value is a whole URI, as urn:oid:1.2.3 is; found "{value}".',
    fr: 'Le système urn:ietf:rfc:3986 annonce un URI complet, comme urn:oid:1.2.3 ; « {value} » trouvé.',
  },
  'identifier-system-relative': {
    issue: 'value',
    en: 'The system of an identifier is an absolute URI, as urn:oid:1.2.3 or https://... are; found "{system}".',
    fr: 'Le système d’un identifiant est un URI absolu, comme urn:oid:1.2.3 ou https://... ; « {system} » trouvé.',
  },
  'element-id-twice': {
    issue: 'duplicate',
    en: 'The id "{id}" stands on two elements of the resource; within a resource it is of one.',
    fr: 'L’id « {id} » figure sur deux éléments de la ressource ; il n’y désigne qu’un élément.',
  },
  'unit-unknown': {
    issue: 'code-invalid',
    en: 'UCUM has no unit "{code}".{near}',
    fr: 'UCUM n’a pas d’unité « {code} ».{near}',
  },
  'modifier-unknown': {
    issue: 'extension',
    en: 'The modifier extension {url} is not known, so the element cannot be understood safely.',
    fr: 'L’extension modificatrice {url} est inconnue : l’élément ne peut être compris sans risque.',
  },
  'extension-modifier': {
    issue: 'extension',
    en: 'The extension {url} is not defined for this place (extension or modifierExtension).',
    fr: 'L’extension {url} n’est pas définie pour cette place (extension ou modifierExtension).',
  },
  'profile-unknown': {
    issue: 'not-found',
    en: 'The profile {profile} is not known here and was not checked.',
    fr: 'Le profil {profile} est inconnu ici et n’a pas été vérifié.',
  },
  'profile-type': {
    issue: 'invalid',
    en: 'The profile {profile} is for {expected}, not for {type}.',
    fr: 'Le profil {profile} concerne {expected}, non {type}.',
  },
  'profile-min': {
    issue: 'required',
    en: 'The profile asks for at least {min} of {element}, found {count}.',
    fr: 'Le profil demande au moins {min} {element}, {count} trouvé(s).',
  },
  'profile-max': {
    issue: 'structure',
    en: 'The profile allows {max} of {element} at most, found {count}.',
    fr: 'Le profil permet au plus {max} {element}, {count} trouvé(s).',
  },
  'profile-type-of-choice': {
    issue: 'structure',
    en: 'The profile allows {element} as {types} only, found {found}.',
    fr: 'Le profil ne permet {element} que de type {types}, {found} trouvé.',
  },
  'no-profile-fits': {
    issue: 'structure',
    en: 'The value conforms to none of {profiles}.',
    fr: 'La valeur n’est conforme à aucun de {profiles}.',
  },
  fixed: {
    issue: 'value',
    en: 'The value must be exactly {wanted}, found {value}.',
    fr: 'La valeur doit être exactement {wanted}, {value} trouvé.',
  },
  pattern: {
    issue: 'value',
    en: 'The value must contain {wanted}, found {value}.',
    fr: 'La valeur doit contenir {wanted}, {value} trouvé.',
  },
  'too-long': {
    issue: 'too-long',
    en: 'The value has {length} characters; {max} at most are allowed.',
    fr: 'La valeur a {length} caractères ; {max} au plus sont permis.',
  },
  'value-below': {
    issue: 'value',
    en: 'The value {value} is below the least that the profile allows: {limit}.',
    fr: 'La valeur {value} est inférieure au minimum que le profil permet : {limit}.',
  },
  'value-above': {
    issue: 'value',
    en: 'The value {value} is above the most that the profile allows: {limit}.',
    fr: 'La valeur {value} est supérieure au maximum que le profil permet : {limit}.',
  },
  'slice-min': {
    issue: 'required',
    en: '{element} needs at least {min} of the slice "{slice}", found {count}.{hint}',
    fr: '{element} doit avoir au moins {min} élément(s) de la tranche « {slice} », {count} trouvé(s).{hint}',
  },
  'slice-max': {
    issue: 'structure',
    en: '{element} may have {max} of the slice "{slice}" at most, found {count}.',
    fr: '{element} peut avoir au plus {max} élément(s) de la tranche « {slice} », {count} trouvé(s).',
  },
  'slice-closed': {
    issue: 'structure',
    en: 'This value of {element} fits none of the slices, and no others are allowed.',
    fr: 'Cette valeur de {element} ne correspond à aucune tranche, et aucune autre n’est permise.',
  },
  'slice-order': {
    issue: 'structure',
    en: 'The slice "{slice}" is not in the order that the profile asks for.',
    fr: 'La tranche « {slice} » n’est pas dans l’ordre que le profil demande.',
  },
  'slicing-too-costly': {
    issue: 'too-costly',
    en: 'It takes more than {max} looks to tell which slice of the profile each {element} is in: it was not checked to the end. Use fewer slices, or tell them by a fixed value or pattern.',
    fr: 'Il faut plus de {max} comparaisons pour savoir dans quelle tranche du profil est chaque {element} : la vérification n’est pas allée au bout. Employez moins de tranches, ou distinguez-les par une valeur fixe ou un motif.',
  },
  'extension-max': {
    issue: 'structure',
    en: 'The extension {url} may be here at most {max} times.',
    fr: 'L’extension {url} peut figurer ici au plus {max} fois.',
  },
  'slice-at-end': {
    issue: 'structure',
    en: 'The slice "{slice}" comes after what is in no slice; the profile wants that at the end.',
    fr: 'La tranche « {slice} » suit ce qui n’est dans aucune tranche ; le profil veut cela à la fin.',
  },
  'base-unknown': {
    issue: 'not-found',
    en: 'The definition {base} that it is based on is not known here: store that one first, or give a snapshot.',
    fr: 'La définition {base} sur laquelle elle repose n’est pas connue ici : déposez-la d’abord, ou donnez un snapshot.',
  },
  'base-cycle': {
    issue: 'business-rule',
    en: 'It is based on itself, through {base}.',
    fr: 'Elle repose sur elle-même, par {base}.',
  },
  'questionnaire-unknown': {
    issue: 'not-found',
    en: 'The questionnaire {canonical} is not known here, so that the answers are not checked against it.',
    fr: 'Le questionnaire {canonical} n’est pas connu ici : les réponses ne sont pas vérifiées d’après lui.',
  },
  'value-set-unchecked': {
    issue: 'not-supported',
    en: 'The codes of the value set {valueSet} are not all known here, so that it is not checked.',
    fr: 'Les codes du jeu de valeurs {valueSet} ne sont pas tous connus ici : il n’est pas vérifié.',
  },
  'slicing-unchecked': {
    issue: 'not-supported',
    en: 'Nothing tells here which slice is meant of {slicing}: these slices are not checked.',
    fr: 'Rien ne permet ici de savoir quelle tranche est visée de {slicing} : ces tranches ne sont pas vérifiées.',
  },
  'pattern-unchecked': {
    issue: 'not-supported',
    en: 'The pattern {pattern} cannot be used here, so that it is not checked.',
    fr: 'Le motif {pattern} n’est pas utilisable ici : il n’est pas vérifié.',
  },
} as const;
