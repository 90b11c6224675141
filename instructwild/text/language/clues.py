"""Clues to the common languages in Latin script: the little words, letters and endings that each of them uses."""

import re
from collections.abc import Mapping
from functools import cache

import polars as pl

WORDS = {
    "en": "the a an of and to in is are was be for with on at by from that this these those it as or not do does did "
          "can could would should will i you he she they we my your his her their our its me them what which who how "
          "why when where if than then there here has have had been into about after before between some any each "
          "give write make create explain describe find name list tell show use using following given sentence word "
          "let please what's add get set edit view type no yes all new search select loading failed save delete copy "
          "click error",
    "de": "der die das und ein eine einen einem einer ist sind war nicht mit für auf von zu im den dem des sich als "
          "auch es wie was wer wo warum wenn oder aber nach bei aus um an ich du er sie wir ihr mein dein kein keine "
          "neue neuen alle werden wird wurde kann noch nur über unter vom zum zur bitte hier diese dieser dieses "
          "mehr sehr ohne durch",
    "es": "el los las un una unos de del y e que en con para por es son está están no se su sus al lo como más "
          "pero si mi tu tus este esta estos estas eso esto ser tiene te le les nuevo nueva todos todas cómo qué "
          "cuál dónde cuando sin sobre entre hasta desde ya muy también hacia según la",
    "fr": "le la les un une des du de et ou où est sont dans en pour par sur avec sans pas ne plus ce cette ces se "
          "sa son ses au aux que qui quoi comment pourquoi quand votre vos notre nos vous nous je tu il elle ils "
          "elles mais mon ma mes leur leurs tout tous toutes nouveau nouvelle être avoir entre vers chez très aussi "
          "sous d'un d'une c'est",
    "it": "il lo la gli le un uno una di del dello della dei degli delle e che in con per da dal dalla nel nella "
          "sul sulla è sono non si su al alla ai come più ma se mio tuo tua tuoi questo questa questi queste quello "
          "cosa chi dove quando perché tutti tutte nuovo nuova essere anche senza tra fra ogni i ed ad",
    "pt": "o a os as um uma uns umas de do da dos das e ou que em no na nos nas com para por pelo pela é são está "
          "não se seu sua seus suas ao aos à às como mais mas este esta isso ser tem foi você novo nova todos todas "
          "quando onde qual quais sem sobre entre até já também muito meu minha num numa",
    "nl": "de het een en van in is zijn was niet met voor op te dat die deze dit er aan om ook als maar door bij uit "
          "naar wat wie waar hoe waarom wanneer ik je jij hij zij wij jullie mijn uw hun geen nog wel kan worden "
          "wordt over",
}
REQUESTS = {
    "en": "recipe recipes tips ideas facts movies movie books book song songs poem story essay letter quick best good "
          "bad big small hot cold dinner lunch breakfast summarize summarise translate compare define rewrite generate "
          "sort antonym synonym synonyms care resume words people world day time year years man woman work make made "
          "help need want know think say says said tell great first last long little own other old right high different "
          "large next early young important few public same able verbs",
    "de": "schreibe schreib erkläre erklär nenne übersetze fasse vergleiche verbessere gib mir welche welcher welches "
          "danke guten morgen tag abend bitte brauche bedeutet kostet hauptstadt rezept satz text gedicht geschichte "
          "beschreibe erstelle liste auf zwischen unterschied vorteile nachteile beispiel beispiele wort wörter farbe "
          "hast habe hat heute gestern jahr jahre kinder leben deutsch deutsche zwei drei fünf zehn heißt viel viele "
          "wann warum gegen damit sowie etwas jede jeder gehen machen mache finde",
    "es": "escribe explica traduce resume enumera mejora nombra compara dame necesito cuánto cuánta cuántos cuesta "
          "gracias buenos buenas días tardes quién quiénes hola receta frase cuento palabra palabras ejemplo ejemplos "
          "ayuda puedes hacer haz dime describe crea genera redacta diferencia ventajas dos tres cinco diez año años "
          "hoy mañana ayer vida niños gatos perros inventó significa capital ciudad país contra tiempo mejor mayor",
    "fr": "écris explique traduis résume énumère améliore cite donne donnez compare merci bonjour bonsoir quelle quel "
          "quels quelles combien coûte besoin conseils phrase recette texte poème histoire mot mots exemple exemples "
          "aide peux pouvez faire fais dis décris crée génère rédige différence avantages deux trois cinq dix "
          "aujourd'hui demain hier vie enfants chats chiens inventé signifie capitale ville pays contre temps meilleur "
          "meilleure j'ai qu'est-ce est-ce est-il qu'un qu'une n'est l'on",
    "it": "scrivi spiega traduci riassumi elenca migliora nomina confronta dammi dimmi descrivi crea genera grazie "
          "buongiorno buonasera quanto quanta quanti costa ho bisogno consigli frase ricetta testo poesia storia parola "
          "parole esempio esempi aiuto puoi fare fammi differenza vantaggi due tre cinque dieci oggi domani ieri vita "
          "bambini gatti cani inventato significa capitale città paese contro tempo migliore sono sei dell'erba tema "
          "fiumi europei",
    "pt": "escreva escreve explique traduza resuma liste melhore diga compare preciso obrigado obrigada quanto quanta "
          "quantos custa quem dicas dê bom boa dia tarde noite frase receita texto poema conto palavra palavras exemplo "
          "exemplos ajuda pode posso fazer faça descreva crie gere redija diferença vantagens dois três cinco dez hoje "
          "amanhã ontem vida crianças gatos cachorros inventou significa capital cidade país contra tempo melhor maior "
          "horas chove",
    "nl": "schrijf leg noem vertaal vat samen vergelijk verbeter geef mij bedankt goedemorgen goedendag welke welk "
          "hoeveel kost nodig betekent hoofdstad recept zin tekst gedicht verhaal woord woorden voorbeeld voorbeelden "
          "beschrijf maak lijst tussen verschil voordelen nadelen twee drie vijf tien vandaag morgen gisteren leven "
          "kinderen katten honden uitgevonden stad land tegen tijd beste heb heeft laat mag moet zou allemaal alle",
}
"""Words of short requests and questions, beside the little ones: short texts often have nothing else to be known by."""
LETTERS = {"ã": "pt", "õ": "pt", "ñ": "es", "¿": "es", "¡": "es", "ß": "de", "ä": "de", "ö": "de", "ü": "de", "ì": "it",
           "ò": "it", "ù": "it", "œ": "fr", "û": "fr", "î": "fr", "ë": "fr", "ê": "pt fr", "â": "pt fr", "ç": "pt fr",
           "è": "it fr", "à": "it fr pt"}
ENDINGS = {"ção": "pt", "ções": "pt", "ão": "pt", "agem": "pt", "ção.": "pt", "ar": "pt es", "ción": "es", "ciones": "es",
           "dad": "es", "dade": "pt", "zione": "it", "zioni": "it", "mento": "it pt", "ità": "it", "are": "it", "ung": "de",
           "ungen": "de", "ieren": "de", "lich": "de", "keit": "de", "schaft": "de", "ment": "fr", "eur": "fr", "eux": "fr",
           "ité": "fr", "ing": "en", "tion": "en fr", "ness": "en", "ly": "en"}
REMEMBERED = 200_000
"""Words whose worth a process remembers."""
WORD = re.compile(r"[^\W\d_]+(?:'[a-z]+)?")


def _shares(listed: Mapping[str, str]) -> dict[str, tuple[tuple[str, float], ...]]:
    """What each clue is worth to each language it points to: one over their number."""
    return {clue: tuple((language, 1 / len(named.split())) for language in named.split()) for clue, named in listed.items()}


def _turned(words: Mapping[str, str]) -> dict[str, str]:
    """Words by language as languages by word."""
    turned: dict[str, str] = {}
    for language, listed in words.items():
        for word in dict.fromkeys(listed.split()):
            turned[word] = f"{turned.get(word, '')} {language}"
    return turned


def english(texts: pl.Series) -> pl.Series:
    """Which texts are so clearly English that nothing else need be asked: two words that only English uses, or more, and
    at most half as many that only other languages use.

    Most texts are read to their second such word, and their words are not counted: they have none of another language.
    """
    ours, theirs = _english_and_other_words()
    folded = texts.str.to_lowercase()
    seen = folded.str.contains(f"(?s){ours}.*?{ours}").fill_null(False)
    places = seen.arg_true()
    mixed = folded.gather(places)
    other = mixed.str.contains(theirs)
    places, mixed = places.filter(other), mixed.filter(other)
    return seen.scatter(places.filter(mixed.str.count_matches(ours) < 2 * mixed.str.count_matches(theirs)), False)


@cache
def _english_and_other_words() -> tuple[str, str]:
    here = set(WORDS["en"].split())
    others = {word for language, listed in WORDS.items() if language != "en" for word in listed.split()}
    return _any_of(here - others), _any_of(others - here)


def _any_of(words: set[str]) -> str:
    return rf"\b(?:{'|'.join(sorted(map(re.escape, words)))})\b"


_ALL_WORDS = {language: f"{little} {REQUESTS[language]}" for language, little in WORDS.items()}
_OF_WORD, _OF_LETTER, _OF_ENDING = _shares(_turned(_ALL_WORDS)), _shares(LETTERS), _shares(ENDINGS)


class _Worth(dict[str, tuple[tuple[str, float], ...]]):
    """Word -> what it is worth to each language that it points to, itself or, where it is in no list, by its endings."""

    def __missing__(self, word: str) -> tuple[tuple[str, float], ...]:
        if len(self) > REMEMBERED:
            self.clear()
        self[word] = worth = _OF_WORD.get(word) or tuple(
            (language, share / 2) for length in (3, 4, 5, 6, 2) for language, share in _OF_ENDING.get(word[-length:], ()))
        return worth


_WORTH = _Worth()


def clues(text: str) -> dict[str, float]:
    """How much in a text points to each language; a word counts once, however often it comes."""
    evidence: dict[str, float] = {}
    folded = text.lower()
    for word in dict.fromkeys(WORD.findall(folded)):     # a set would sum and break ties in another order in each process
        for language, worth in _WORTH[word]:
            evidence[language] = evidence.get(language, 0.0) + worth
    if not folded.isascii():
        for letter in dict.fromkeys(folded):
            for language, worth in _OF_LETTER.get(letter, ()):
                evidence[language] = evidence.get(language, 0.0) + worth
    return evidence
