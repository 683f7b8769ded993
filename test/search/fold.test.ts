import t from 'tap';
import { fold } from '../../src/search/fold.js';

t.test('French names fold', async (t) => {
  const alike = [
    ['Jean-Pierre', 'JEAN PIERRE', 'jean‐pierre', 'JeanPierre', 'Jean–Pierre'],
    ["d'Arc", 'd’Arc', 'D Arc', 'DARC', 'd`arc'],
    ['Kérouédan', 'KEROUEDAN', 'kerouédan', 'Ke\u0301roue\u0301dan'],
    ['Lœuvre', 'LOEUVRE', 'loeuvre'],
    ['Æthelred', 'aethelred'],
    ['Strauß', 'STRAUSS'],
    ['Le\u00a0Goff', 'le goff', 'LEGOFF'],
    ['François', 'FRANCOIS'],
    ['Łukasz', 'lukasz'],
  ];
  for (const [first = '', ...others] of alike)
    for (const other of others) t.equal(fold(other), fold(first), `${first} ~ ${other}`);
  t.not(fold('Martin'), fold('Martinet'));
  t.equal(fold('-'), '');
});
