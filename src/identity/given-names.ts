/**
 * Given names that are common in France, folded: two of them that differ by a letter are two names, and no slip of the
 * keyboard. Twins are called so.
 */
const NAMES = `
adam adele adeline adrien adrienne agathe agnes aime aimee alain alan albert alexandra alexandre alexis alexia alice
alicia aline alison alix ambre amelie ana anais andre andrea andree ange angele angelina angeline anita ann anna annabelle
anne annette annick annie anouk anthony antoine antonin apolline aristide arlette armand armande armel armelle arnaud
arthur aubin aude audrey auguste augustin aurelie aurelien aurore axel axelle ayoub baptiste barbara basile bastien
beatrice benedicte benjamin benoit berengere bernadette bernard berthe bertrand blaise blanche boris brice brigitte bruno
camille capucine carine carla carmen carole caroline catherine cecile cedric celeste celestin celestine celia celine
chantal charlene charles charline charlotte chloe christel christelle christian christiane christine christophe claire
clara clarisse claude claudette claudie claudine clea clemence clement clementine cleo clotilde colette colin constance
constant coralie corentin corinne cyril cyrille damien daniel daniele danielle danny daphne david deborah delphine denis
denise diane didier dimitri dominique dorian doriane dorothee edgar edith edmond edouard edwige eleonore elena eliane elias
elie eliot elisa elisabeth elise ella elodie eloi eloise elsa elvire emeline emile emilie emilien emilienne emma emmanuel
emmanuelle enora enzo eric erika ernest ernestine erwan esteban estelle esther ethan etienne eugene eugenie eva evan eve
eveline evelyne ewen fabien fabienne fabrice fanny fatima felicie felix fernand fernande flavie flavien fleur flora
florence florent florian france francine francis franck francois francoise frank fred frederic frederique gabin gabriel
gabrielle gael gaelle gaetan gaspard gaston gautier genevieve geoffrey georges georgette gerald geraldine gerard germain
germaine gerome ghislain ghislaine gilbert gilberte gilles gilliane gina ginette gisele gregoire gregory guillaume guy
gwenael gwenaelle gwendoline hadrien helena helene heloise henri henriette herve hippolyte honore hortense hubert hugo
hugues ibrahim ida igor ilan ilona ines ingrid irene iris irma isaac isabelle isidore ivan jacky jacqueline jacques jade
jany janine jason jean jeanine jeanne jeannette jeannine jennifer jeremie jeremy jerome jessica jessie joachim joan joanna
joannie jocelyn jocelyne joel joelle johan johanna john jonas jonathan jordan joris jose josee joseph josephine josette
josiane judith jules julia julian julie julien julienne juliette justin justine karim karine katell katia kevin killian
klara laetitia laly lana lara laura laure laurence laurent laurette laurie laurine lea leandre lena leo leon leonard
leonie leonore leontine leopold leslie lila lili lilia lilian liliane lilou lily lina line lionel lisa lise lison livia
loan loane loic lola loris lou louane louis louisa louise louka louna luc luca lucas lucette lucia lucie lucien lucienne
lucile ludivine ludovic luka lukas luna lya lyna lydia lydie lylou mael maelle maelys magali maia malo manon manuel marc
marcel marcelin marceline marcelle margaux margot marguerite maria marianne marie marielle marin marina marine mario
marion marise marius marjorie marlene marta marthe martial martin martine maryline maryse maryvonne mateo mathias mathieu
mathilde mathis mathys matteo matthias matthieu maud maurice mauricette max maxence maxime maya mehdi melanie melina
meline melissa melodie mia micheline michel michele micheline mickael mila milan milena milo mireille mohamed moise
monique morgan morgane muriel myriam nadege nadia nadine naomi natacha nathalie nathan nathanael nelly nicolas nicole
nils nina nino ninon noa noah noe noel noelie noelle noemie nolan nora octave octavie odette odile olga olivia olivier
olympe oriane orlane oscar pascal pascale pascaline patrice patricia patrick paul paula paule paulette pauline perrine
peter philibert philippe philippine pierre pierrette pierrick quentin rachel rachid raoul raphael raphaelle raymond
raymonde rebecca regine regis reine reinette remi remy renaud rene renee richard rita robert roberte robin rodolphe
rodrigue roger roland rolande romain romane rosa rosalie rose roseline rosine roxane ruben sabine sabrina sacha salome
sam samia samuel samy sandra sandrine sandy sara sarah sasha sebastien serge severine sidonie simeon simon simone sofia
sofiane soizic solange solene soline sonia sophie stanislas steeve stella stephane stephanie suzanne suzette suzie
suzy sylvain sylvaine sylvette sylviane sylvie tanguy tania tatiana teddy teo tess tessa thea theo theodore theophile
therese thibaud thibault thierry thomas timeo timothee tina titouan toma tom tristan ugo ulysse urbain valentin valentine
valerie valery vanessa vera veronique victoire victor victoria victorine vincent violaine violette virgile virginie
viviane vivien vivienne wendy werner wilfried william xavier yael yan yanis yann yannick yannis yohan yohann yolande yoann
ysaline yvan yves yvette yvon yvonne zacharie zelie zoe
`;

const KNOWN: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));

/** `name` is folded. */
export const isGivenName = (name: string): boolean => KNOWN.has(name);
