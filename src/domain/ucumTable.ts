/**
 * The units and prefixes of UCUM, derived by scripts/deriveUnits.ts from @lhncbc/ucum-lhc 7.1.10; not edited by hand.
 * Copyright Regenstrief Institute, Inc. and the UCUM Organization; the notice of that package and of UCUM stands in
 * ucumTable.LICENSE.md, as its terms ask.
 */

/** One prefix a line: code and factor. */
export const prefixRows = `
E|1000000000000000000
G|1000000000
Gi|1073741824
Ki|1024
M|1000000
Mi|1048576
P|1000000000000000
T|1000000000000
Ti|1099511627776
Y|1e+24
Z|1e+21
a|1e-18
c|0.01
d|0.1
da|10
f|1e-15
h|100
k|1000
m|0.001
n|1e-9
p|1e-12
u|0.000001
y|1e-24
z|1e-21
`;

/**
 * One unit a line: code, factor to the coherent unit of its dimension, exponents of m, s, kg, rad, K, C and cd (zeros at
 * the end left out), `p` where prefixes are allowed, zero of its scale for those that have one, name, synonyms. Factors
 * are rounded to 15 digits.
 */
export const unitRows = `
m|1|1|p||meter|meters;metres;distance
s|1|0,1|p||second - time|seconds
g|0.001|0,0,1|p||gram|grams;gm
rad|1|0,0,0,1|p||radian|radians
K|1|0,0,0,0,1|p||degree Kelvin|Kelvin;degrees
C|1|0,0,0,0,0,1|p||coulomb|coulombs
cd|1|0,0,0,0,0,0,1|p||candela|candelas
10*|10||||the number ten for arbitrary powers|10^;10 to the arbitrary powers
10^|10||||the number ten for arbitrary powers|10*;10 to the arbitrary power
[pi]|3.14159265358979||||the number pi|π
%|0.01||||percent|percents
[ppth]|0.001||||parts per thousand|ppth;10^-3
[ppm]|0.000001||||parts per million|ppm;10^-6
[ppb]|1e-9||||parts per billion|ppb;10^-9
[pptr]|1e-12||||parts per trillion|pptr;10^-12
mol|6.0221367e+23||p||mole|moles
sr|1|0,0,0,2|p||steradian - solid angle|square radian;rad2;rad^2
Hz|1|0,-1|p||hertz|Herz;frequency;frequencies
N|1|1,-2,1|p||newton|Newtons
Pa|1|-1,-2,1|p||pascal|pascals
J|1|2,-2,1|p||joule|joules
W|1|2,-3,1|p||watt|watts
A|1|0,-1,0,0,0,1|p||Ampere|Amperes
V|1|2,-2,1,0,0,-1|p||volt|volts
F|1|-2,2,-1,0,0,2|p||farad|farads;electric capacitance
Ohm|1|2,-1,1,0,0,-2|p||ohm|Ω;resistance;ohms
S|1|-2,1,-1,0,0,2|p||siemens|Reciprocal ohm;mho;Ω−1;conductance
Wb|1|2,-1,1,0,0,-1|p||weber|magnetic flux;webers
Cel|1|0,0,0,0,1||273.15|degree Celsius|°C;degrees
T|1|0,-1,1,0,0,-1|p||tesla|Teslas;magnetic field
H|1|2,0,1,0,0,-2|p||henry|henries;inductance
lm|1|0,0,0,2,0,0,1|p||lumen|luminous flux;lumens
lx|1|-2,0,0,2,0,0,1|p||lux|illuminance;luxes
Bq|1|0,-1|p||becquerel|activity;radiation;becquerels
Gy|1|2,-2|p||gray|absorbed doses;ionizing radiation doses;kerma;grays
Sv|1|2,-2|p||sievert|sieverts;radiation dose quantities;equivalent doses;effective dose;operational dose;committed dose
deg|0.0174532925199433|0,0,0,1|||degree - plane angle|°;degree of arc;arc degree;arcdegree;angle
gon|0.015707963267949|0,0,0,1|||gon|gon (grade);gons
'|0.000290888208665722|0,0,0,1|||arc minute|arcminutes;arcmin;arc minutes;arc mins
''|0.00000484813681109536|0,0,0,1|||arc second|arcseconds;arcsecs
l|0.001|3|p||Liters|cubic decimeters;decimeters cubed;decimetres;dm3;dm^3;litres;liters, LT
L|0.001|3|p||Liters|cubic decimeters;decimeters cubed;decimetres;dm3;dm^3;litres;liters, LT
ar|100|2|p||are|100 m2;100 m^2;100 square meter;meters squared;metres
min|60|0,1|||minute|minutes
h|3600|0,1|||hour|hours;hrs;age
d|86400|0,1|||day|days;age;dy;24 hours;24 hrs
a_t|31556925.216|0,1|||tropical year|solar years;a tropical;years
a_j|31557600|0,1|||mean Julian year|mean Julian yr;a julian;years
a_g|31556952|0,1|||mean Gregorian year|mean Gregorian yr;a gregorian;years
a|31557600|0,1|||year|years;a;yr, yrs;annum
wk|604800|0,1|||week|weeks;wks
mo_s|2551442.976|0,1|||synodal month|Moon;synodic month;lunar month;mo-s;mo s;months;moons
mo_j|2629800|0,1|||mean Julian month|mo-julian;mo Julian;months
mo_g|2629746|0,1|||mean Gregorian month|months;month-gregorian;mo-gregorian
mo|2629800|0,1|||month|months;duration
t|1000|0,0,1|p||metric ton|tonnes;megagrams;tons
bar|100000|-1,-2,1|p||bar|bars
u|1.6605402e-27|0,0,1|p||unified atomic mass unit|unified atomic mass units;amu;Dalton;Da
AU|149597870691|1|||astronomic unit|AU;units
pc|30856780000000000|1|p||parsec|parsecs
[c]|299792458|1,-1|p||velocity of light in a vacuum|speed of light
[h]|6.6260755e-34|2,-1,1|p||Planck constant|Planck's constant
[k]|1.380658e-23|2,-2,1,0,-1|p||Boltzmann constant|k;kB
[eps_0]|8.854187817e-12|-3,2,-1,0,0,2|p||permittivity of vacuum - electric|ε0;Electric Constant;vacuum permittivity;permittivity of free space
[mu_0]|0.00000125663706143592|1,0,1,0,0,-2|p||permeability of vacuum - magnetic|μ0;vacuum permeability;permeability of free space;magnetic constant
[e]|1.60217733e-19|0,0,0,0,0,1|p||elementary charge|e;q;electric charges
eV|1.60217733e-19|2,-2,1|p||electronvolt|Electron Volts;electronvolts
[m_e]|9.1093897e-31|0,0,1|p||electron mass|electron rest mass;me
[m_p]|1.6726231e-27|0,0,1|p||proton mass|mp;masses
[G]|6.67259e-11|3,-2,-1|p||Newtonian constant of gravitation|G;gravitational constant;Newton's constant
[g]|9.80665|1,-2|p||standard acceleration of free fall|standard gravity;g;ɡ0;ɡn
Torr|133.322|-1,-2,1|||Torr|torrs
atm|101325|-1,-2,1|||standard atmosphere|reference pressure;atmos;std atmosphere
[ly]|9460730472580800|1|p||light-year|light years;ly
gf|0.00980665|1,-2,1|p||gram-force|Newtons;gram forces
Ky|100|-1|p||Kayser|wavenumbers;kaysers
Gal|0.01|1,-2|p||Gal|galileos;Gals
dyn|0.00001|1,-2,1|p||dyne|dynes
erg|1e-7|2,-2,1|p||erg|10^-7 Joules, 10-7 Joules;100 nJ;100 nanoJoules;1 dyne cm;1 g.cm2/s2
P|0.1|-1,-1,1|p||Poise|dynamic viscosity;poises
Bi|10|0,-1,0,0,0,1|p||Biot|Bi;abamperes;abA
St|0.0001|2,-1|p||Stokes|kinematic viscosity
Mx|1e-8|2,-1,1,0,0,-1|p||Maxwell|magnetix flux;Maxwells
G|0.0001|0,-1,1,0,0,-1|p||Gauss|magnetic fields;magnetic flux density;induction;B
Oe|79.5774715459477|-1,-1,0,0,0,1|p||Oersted|H magnetic B field;Oersteds
Gb|0.795774715459477|0,-1,0,0,0,1|p||Gilbert|Gi;magnetomotive force;Gilberts
sb|10000|-2,0,0,0,0,0,1|p||stilb|stilbs
Lmb|3183.09886183791|-2,0,0,0,0,0,1|p||Lambert|luminance;lamberts
ph|0.0001|-2,0,0,2,0,0,1|p||phot|phots
Ci|37000000000|0,-1|p||Curie|curies
R|0.000258|0,0,-1,0,0,1|p||Roentgen|röntgen;Roentgens
RAD|0.01|2,-2|p||radiation absorbed dose|doses
REM|0.01|2,-2|p||radiation equivalent man|Roentgen Equivalent in Man;rems;dose equivalents
[in_i]|0.0254|1|||inch|inches;in;international inch;body height
[ft_i]|0.3048|1|||foot|ft;fts;foot;international foot;feet;international feet;height
[yd_i]|0.9144|1|||yard|international yards;yds;distance
[mi_i]|1609.344|1|||mile|international miles;mi I;statute mile
[fth_i]|1.8288|1|||fathom|international fathoms
[nmi_i]|1852|1|||nautical mile|nautical mile;nautical miles;international nautical mile;international nautical miles;nm;n.m.;nmi
[kn_i]|0.514444444444444|1,-1|||knot|kn;kt;international knots
[sin_i]|0.00064516|2|||square inch|in2;in^2;inches squared;sq inch;inches squared;international
[sft_i]|0.09290304|2|||square foot|ft2;ft^2;ft squared;sq ft;feet;international
[syd_i]|0.83612736|2|||square yard|yd2;yd^2;sq. yds;yards squared;international
[cin_i]|0.000016387064|3|||cubic inch|in3;in^3;in*3;inches^3;inches*3;cu. in;cu in;cubic inches;inches cubed;cin
[cft_i]|0.028316846592|3|||cubic foot|ft3;ft^3;ft*3;cu. ft;cubic feet;cubed;[ft_i]3;international
[cyd_i]|0.764554857984|3|||cubic yard|cubic yards;cubic yds;cu yards;CYs;yards^3;yd^3;yds^3;yd3;yds3
[bf_i]|0.002359737216|3|||board foot|BDFT;FBM;BF;board feet;international
[cr_i]|3.624556363776|3|||cord|crd I;international cords
[mil_i]|0.0000254|1|||mil|thou, thousandth;mils;international
[cml_i]|5.06707479097498e-10|2|||circular mil|circular mils;cml I;international
[hd_i]|0.1016|1|||hand|hands;international
[ft_us]|0.304800609601219|1|||foot - US|US foot;foot US;us ft;ft us;height;visual distance;feet
[yd_us]|0.914401828803658|1|||yard - US|US yards;us yds;distance
[in_us]|0.0254000508001016|1|||inch - US|US inches;in us;us in;inch US
[rd_us]|5.02921005842012|1|||rod - US|US rod;US rods;rd US;US rd
[ch_us]|20.1168402336805|1|||Gunter's chain - US|surveyor's chain;Surveyor's chain USA;Gunter’s measurement;surveyor’s measurement;Gunter's Chain USA
[lk_us]|0.201168402336805|1|||link for Gunter's chain - US|Links for Gunter's Chain USA
[rch_us]|30.4800609601219|1|||Ramden's chain - US|Ramsden's chain;engineer's chains
[rlk_us]|0.304800609601219|1|||link for Ramden's chain - US|links for Ramsden's chain
[fth_us]|1.82880365760732|1|||fathom - US|US fathoms;fathom USA;fth us
[fur_us]|201.168402336805|1|||furlong - US|US furlongs;fur us
[mi_us]|1609.34721869444|1|||mile - US|U.S. Survey Miles;US statute miles;survey mi;US mi;distance
[acr_us]|4046.87260987425|2|||acre - US|Acre USA Survey;Acre USA;survey acres
[srd_us]|25.2929538117141|2|||square rod - US|rod2;rod^2;sq. rod;rods squared
[smi_us]|2589998.47031952|2|||square mile - US|mi2;mi^2;sq mi;miles squared
[sct]|2589998.47031952|2|||section|sct;sections
[twp]|93239944.9315028|2|||township|twp;townships
[mil_us]|0.0000254000508001016|1|||mil - US|thou, thousandth;mils
[in_br]|0.02539998|1|||inch - British|imperial inches;imp in;br in;british inches
[ft_br]|0.30479976|1|||foot - British|British Foot;Imperial Foot;feet;imp fts;br fts
[rd_br]|5.02919604|1|||rod - British|British rods;br rd
[ch_br]|20.11678416|1|||Gunter's chain - British|Gunter's Chain British;Gunters Chain British;Surveyor's Chain British
[lk_br]|0.2011678416|1|||link for Gunter's chain - British|Links for Gunter's Chain British
[fth_br]|1.82879856|1|||fathom - British|British fathoms;imperial fathoms;br fth;imp fth
[pc_br]|0.7619994|1|||pace - British|British paces;br pc
[yd_br]|0.91439928|1|||yard - British|British yards;Br yds;distance
[mi_br]|1609.3427328|1|||mile - British|imperial miles;British miles;English statute miles;imp mi, br mi
[nmi_br]|1853.1825408|1|||nautical mile - British|British nautical miles;Imperial nautical miles;Admiralty miles;n.m. br;imp nm
[kn_br]|0.514772928|1,-1|||knot - British|British knots;kn br;kt
[acr_br]|4046.85004940027|2|||acre|Imperial acres;British;a;ac;ar;acr
[gal_us]|0.003785411784|3|||gallon - US|US gallons;US liquid gallon;gal us;Queen Anne's wine gallon
[bbl_us]|0.158987294928|3|||barrel - US|bbl
[qt_us]|0.000946352946|3|||quart - US|US quarts;us qts
[pt_us]|0.000473176473|3|||pint - US|US pints;pint US;liquid pint;pt us;us pt
[gil_us]|0.00011829411825|3|||gill - US|US gills;gil us
[foz_us]|0.0000295735295625|3|||fluid ounce - US|US fluid ounces;fl ozs;FO;fl. oz.;foz us
[fdr_us]|0.0000036966911953125|3|||fluid dram - US|US fluid drams;fdr us
[min_us]|6.1611519921875e-8|3|||minim - US|min US;US min;♏ US
[crd_us]|3.624556363776|3|||cord - US|US cord;US cords;crd us;us crd
[bu_us]|0.03523907016688|3|||bushel - US|US bushels;US bsh;US bu
[gal_wi]|0.00440488377086|3|||gallon - historical|Corn Gallon British;Dry Gallon US;Gallons Historical;Grain Gallon British;Winchester Corn Gallon;historical winchester gallons;wi gal
[pk_us]|0.00880976754172|3|||peck - US|US pecks;US pk
[dqt_us]|0.001101220942715|3|||dry quart - US|dry quarts;dry quart US;US dry quart;dry qt;us dry qt;dqt;dqt us
[dpt_us]|0.0005506104713575|3|||dry pint - US|dry pints;dry pint US;US dry pint;dry pt;dpt;dpt us
[tbs_us]|0.00001478676478125|3|||tablespoon - US|Tbs;tbsp;tbs us;US tablespoons
[tsp_us]|0.00000492892159375|3|||teaspoon - US|tsp;t;US teaspoons
[cup_us]|0.0002365882365|3|||cup - US customary|cup us;us cups
[foz_m]|0.00003|3|||fluid ounce - metric|metric fluid ounces;fozs m;fl ozs m
[cup_m]|0.00024|3|||cup - US legal|cup m;metric cups
[tsp_m]|0.000005|3|||teaspoon - metric|tsp;t;metric teaspoons
[tbs_m]|0.000015|3|||tablespoon - metric|metric tablespoons;Tbs;tbsp;T;tbs m
[gal_br]|0.00454609|3|||gallon- British|imperial gallons, UK gallons;British gallons;br gal;imp gal
[pk_br]|0.00909218|3|||peck - British|imperial pecks;British pecks;br pk;imp pk
[bu_br]|0.03636872|3|||bushel - British|British bushels;imperial;br bsh;br bu;imp
[qt_br]|0.0011365225|3|||quart - British|British quarts;imperial quarts;br qts
[pt_br]|0.00056826125|3|||pint - British|British pints;imperial pints;pt br;br pt;imp pt;pt imp
[gil_br]|0.0001420653125|3|||gill - British|imperial gills;British gills;imp gill, br gill
[foz_br]|0.0000284130625|3|||fluid ounce - British|British fluid ounces;Imperial fluid ounces;br fozs;imp fozs;br fl ozs
[fdr_br]|0.0000035516328125|3|||fluid dram - British|British fluid drams;fdr br
[min_br]|5.91938802083333e-8|3|||minim - British|min br;br min;♏ br
[gr]|0.00006479891|0,0,1|||grain|gr;grains
[lb_av]|0.45359237|0,0,1|||pound|avoirdupois pounds, international pounds;av lbs;pounds
[lbf_av]|4.4482216152605|1,-2,1|||pound force - US|lbfs;US lbf;US pound forces
[oz_av]|0.028349523125|0,0,1|||ounce|ounces;international ounces;avoirdupois ounces;av ozs
[dr_av]|0.0017718451953125|0,0,1|||Dram mass unit|Dram;drams avoirdupois;avoidupois dram;international dram
[scwt_av]|45.359237|0,0,1|||short hundredweight|hundredweights;s cwt;scwt;avoirdupois
[lcwt_av]|50.80234544|0,0,1|||long hundredweight|imperial hundredweights;imp cwt;lcwt;avoirdupois
[ston_av]|907.18474|0,0,1|||short ton - US|ton;US tons;avoirdupois tons
[lton_av]|1016.0469088|0,0,1|||long ton - British|imperial tons;weight tons;British long tons;long ton avoirdupois
[stone_av]|6.35029318|0,0,1|||stone - British|British stones;avoirdupois
[pwt_tr]|0.00155517384|0,0,1|||pennyweight - troy|dwt;denarius weights
[oz_tr]|0.0311034768|0,0,1|||ounce - troy|troy ounces;tr ozs
[lb_tr]|0.3732417216|0,0,1|||pound - troy|troy pounds;tr lbs
[sc_ap]|0.0012959782|0,0,1|||scruple|scruples;sc ap
[dr_ap]|0.0038879346|0,0,1|||dram - apothecary|ʒ;drachm;apothecaries drams;dr ap;dram ap
[oz_ap]|0.0311034768|0,0,1|||ounce - apothecary|apothecary ounces;oz ap;ap ozs;ozs ap
[lb_ap]|0.3732417216|0,0,1|||pound - apothecary|apothecary pounds;apothecaries pounds;ap lb;lb ap;ap lbs;lbs ap
[oz_m]|0.028|0,0,1|||ounce - metric|metric ounces;m ozs
[lne]|0.00211666666666667|1|||line|British lines;br L;L;l
[pnt]|0.000352777777777778|1|||point (typography)|DTP points;desktop publishing point;pt;pnt
[pca]|0.00423333333333333|1|||pica (typography)|picas
[pnt_pr]|0.0003514598|1|||Printer's point (typography)|pnt pr
[pca_pr]|0.0042175176|1|||Printer's pica (typography)|pca pr;Printer's picas
[pied]|0.3248|1|||pied|pieds du roi;Paris foot;royal;French;feet
[pouce]|0.0270666666666667|1|||pouce|historical French inches;French royal inches
[ligne]|0.00225555555555556|1|||ligne|Paris lines;lignes
[didot]|0.000375925925925926|1|||didot|Didot point;dd;Didots Point;didots;points
[cicero]|0.00451111111111111|1|||cicero|Didot's pica;ciceros;picas
[degF]|0.555555555555556|0,0,0,0,1||255.372222222222|degrees Fahrenheit|°F;deg F
[degR]|0.555555555555556|0,0,0,0,1|||degrees Rankine|°R;°Ra;Rankine
cal_[15]|4.1858|2,-2,1|p||calorie at 15°C|calorie 15 C;cals 15 C;calories at 15 C
cal_[20]|4.1819|2,-2,1|p||calorie at 20°C|calorie 20 C;cal 20 C;calories at 20 C
cal_m|4.19002|2,-2,1|p||mean calorie|mean cals;mean calories
cal_IT|4.1868|2,-2,1|p||international table calorie|calories IT;IT cals;international steam table calories
cal_th|4.184|2,-2,1|p||thermochemical calorie|thermochemical calories;th cals
cal|4.184|2,-2,1|p||calorie|gram calories;small calories
[Cal]|4184|2,-2,1|||nutrition label Calories|food calories;Cal;kcal
[Btu_39]|1059.67|2,-2,1|||British thermal unit at 39°F|BTU 39F;BTU 39 F;B.T.U. 39 F;B.Th.U. 39 F;BThU 39 F;British thermal units
[Btu_59]|1054.8|2,-2,1|||British thermal unit at 59°F|BTU 59 F;BTU 59F;B.T.U. 59 F;B.Th.U. 59 F;BThU 59F;British thermal units
[Btu_60]|1054.68|2,-2,1|||British thermal unit at 60°F|BTU 60 F;BTU 60F;B.T.U. 60 F;B.Th.U. 60 F;BThU 60 F;British thermal units 60 F
[Btu_m]|1055.87|2,-2,1|||mean British thermal unit|BTU mean;B.T.U. mean;B.Th.U. mean;BThU mean;British thermal units mean;
[Btu_IT]|1055.05585262|2,-2,1|||international table British thermal unit|BTU IT;B.T.U. IT;B.Th.U. IT;BThU IT;British thermal units IT
[Btu_th]|1054.35|2,-2,1|||thermochemical British thermal unit|BTU Th;B.T.U. Th;B.Th.U. Th;BThU Th;thermochemical British thermal units
[Btu]|1054.35|2,-2,1|||British thermal unit|BTU;B.T.U.;B.Th.U.;BThU;British thermal units
[HP]|745.69987158227|2,-3,1|||horsepower - mechanical|imperial horsepowers
tex|0.000001|-1,0,1|p||tex|linear mass density;texes
[den]|1.11111111111111e-7|-1,0,1|||Denier (linear mass density)|den;deniers
m[H2O]|9806.65|-1,-2,1|p||meter of water column|mH2O;m H2O;meters of water column;metres;pressure
m[Hg]|133322|-1,-2,1|p||meter of mercury column|mHg;m Hg;meters of mercury column;metres;pressure
[in_i'H2O]|249.08891|-1,-2,1|||inch of water column|inches WC;inAq;in H2O;inch of water gauge;iwg;pressure
[in_i'Hg]|3386.3788|-1,-2,1|||inch of mercury column|inHg;in Hg;pressure;inches
[PRU]|133322000|-4,-1,1|||peripheral vascular resistance unit|peripheral vascular resistance units;peripheral resistance unit;peripheral resistance units;PRU
[wood'U]|7999320|-4,-1,1|||Wood unit|hybrid reference units;HRU;mmHg.min/L;vascular resistance
[diop]|1|-1|||diopter (lens)|diopters;diop;dioptre;dpt;refractive power
[mesh_i]|39.3700787401575|-1|||mesh|meshes
[Ch]|0.000333333333333333|1|||French (catheter gauge)|Charrières, French scales;French gauges;Fr, Fg, Ga, FR, Ch
[drp]|5e-8|3|||drop - metric (1/20 mL)|drop dosing units;metric drops;gtt
[hnsf'U]|1||||Hounsfield unit|HU;units
[MET]|5.83333333333333e-8|3,-1,-1|||Metabolic Equivalent of Task|metabolic equivalents
eq|6.0221367e+23||p||equivalent|equivalents
osm|6.0221367e+23||p||osmole|osmoles;osmols
[pH]|1|||0|pH|pH scale
g%|10|-3,0,1|p||gram percent|gram %;gram%;grams per deciliter;g/dL;gm per dL;gram percents
[S]|1e-13|0,1|||Svedberg unit|Sv;10^-13 seconds;100 fs;100 femtoseconds
[HPF]|1||||high power field (microscope)|HPF
[LPF]|1||||low power field (microscope)|LPF;fields
kat|6.0221367e+23|0,-1|p||katal|mol/secs;moles per second;mol*sec-1;mol*s-1;mol.s-1;katals;catalytic activity;enzymatic;enzyme units;activities
U|10036894500000000|0,-1|p||enzyme unit|micromoles per minute;umol/min;umol per minute;umol min-1;enzymatic activity;enzyme activity
st|1|3|p||stere|stère;m3;cubic meter;m^3;meters cubed;metre
Ao|1e-10|1|||Ångström|Å;Angstroms;Ao;Ångströms
b|1e-28|2|||barn|barns
att|98066.5|-1,-2,1|||technical atmosphere|at;tech atm;tech atmosphere;kgf/cm2;atms;atmospheres
mho|1|-2,1,-1,0,0,2|p||mho|siemens;ohm reciprocals;Ω^−1;Ω-1
[psi]|6894.75729316836|-1,-2,1|||pound per square inch|psi;lb/in2;lb per in2
circ|6.28318530717959|0,0,0,1|||circle - plane angle|angles;circles
sph|12.5663706143592|0,0,0,2|||spere - solid angle|speres
[car_m]|0.0002|0,0,1|||metric carat|carats;ct;car m
[car_Au]|0.0416666666666667||||carat of gold alloys|karats;k;kt;car au;carats
[smoot]|1.7018|1|||Smoot|
bit|1||p||bit|bits
By|8||p||byte|bytes
Bd|1|0,-1|p||baud|Bd;bauds
`;
