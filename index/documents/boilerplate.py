"""What stands on a page and is not the article: share lines, photo credits, cookie notes."""

import re

LONGEST, LONGEST_CREDITS = 120, 300
"""Characters: a longer line is prose, whatever it begins with; credits may name many people."""

# A capital, whatever the case of the rest: pictures are by a person, not "by hand".
_NAME = r"(?-i:[^\W\d_a-zß-öø-ÿ])"
_PATTERNS = (
    # Comments and sharing.
    r"(?:(?:\d+|no|view|show|post|add)(?: all)?(?: \d+)? )?comments?(?: \(\d+\))?",
    r"(?:leave|post|add|write) a (?:comment|reply)",
    r"(?:share|tweet|e-?mail|print|save)(?: this)?(?: (?:article|story|post|page|link))?"
    r"(?: (?:on|via|by|with|to) [\w ,&]{1,40})?",
    # Links to something else.
    r"(?:read|see|watch|listen|related|more)(?: (?:more|also|next|now|on this))?: .+",
    r"(?:read|see|learn|show) (?:more|less|also|next)(?: (?:about|on|from) .+)?",
    r"read (?:the )?(?:full|whole|original) (?:story|article|report)(?: .+)?",
    r"(?:related|recommended|popular|more) (?:articles|stories|news|topics|posts|content)",
    r"continue reading(?: .+)?|(?:story|article) continues below.*|skip to .*content",
    r"most read|trending(?: now)?|\d+[ -]min(?:ute)?s?[ -]read",
    r"(?:filed under|posted in|tagged(?: with)?|tags?|categor(?:y|ies))(?: ?: ?.*)?",
    # Newsletters and advertisements.
    r"(?:please )?(?:subscribe|sign[ -]?up)(?: (?:to|for|now|today|here|free|with|and)\b.*)?",
    r"get (?:the|our) .*newsletters?|(?:our )?newsletters?",
    r"advertisements?|sponsored(?: content)?|promoted(?: content)?",
    r"follow (?:us\b.*|.{1,40} on (?:facebook|twitter|x|instagram|telegram|youtube|linkedin)\b.*)",
    # Credits, cookies and rights.
    r"(?:photo|image|picture|photograph|illustration|video)s?(?: credits?| source)?"
    rf"(?:\s?[:©].*| ?/ ?{_NAME}.*)",
    rf"credits?: .+|(?:photo|image|photograph|illustration) (?:by|courtesy of) {_NAME}.+(?<!\.)",
    r".{0,80}(?:/|via|\() ?(?:getty images|reuters|afp|ap|ap photo|shutterstock|unsplash)\)?",
    r"getty images|ap photo(?:/.+)?|sources? ?: .{1,60}",
    r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies\b.*",
    r"(?:accept|manage|reject)(?: all)? cookies|cookie (?:policy|settings|notice|preferences)",
    r"©.*|(?:copyright )?\(c\) \d{4}.*|copyright (?:© ?)?(?:[\w&]+ )?\d{4}[^.]*\.?",
    r"(?:.*\W)?all rights reserved",
    r"terms of (?:use|service)|privacy policy",
    # When and by whom the page was put up, told with a time or a colon as no prose is.
    r"(?:published|updated|posted|(?:last )?(?:updated|modified))(?: on| at)? ?: .+",
    r"(?:[^\W\d_-]+(?:-[^\W\d_]+)?, )?\d{1,2}\.?(?: de| of)? [^\W\d_]{3,}\.?(?: de)?,? \d{4},? "
    r"(?:às|at|um|à|alle|в|-|–|\|)? ?\d{1,2}[:h]\d{2}(?: ?[ap]\.?m\.?)?(?: [a-z]{2,4})?",
    r".{0,40}\b(?:published|posted|publicado|postado|veröffentlicht|publié|опубликовано)"
    r"(?: (?:by|on|por|em|von|am|par|le))? ?: .+",
    # The same in Russian.
    r"\d+ комментари(?:й|я|ев)|комментарии(?: \(\d+\))?|поделиться(?: .{1,30})?",
    r"читайте (?:также|ещё|еще)\b.*|(?:подпишитесь|подписывайтесь) на .+|реклама",
    r"фото: .+|(?:.*\W)?все права защищены",
)
_CREDITS = (
    r"(?:additional |with )?(?:reporting|writing|editing)(?: and \w+)? by"
    rf"(?!.*\b(?:shows?|finds?|found|has|have|had|was|were|is|are|that)\b) {_NAME}.+",
    r"[^.]{2,120} contributed (?:to this (?:report|story|article)|(?:to (?:the )?)?reporting)"
    r"(?: (?:from|in) [^.]{2,60})?",
    r".{0,160}\bclick here (?:for (?:more|further|details)|to (?:subscribe|sign up|join))\b.{0,60}",
)


def _whole_line(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"[\[(»→•|]?\s*(?:{'|'.join(patterns)})[\])|.!»→ ]*", re.IGNORECASE)


_BOILERPLATE, _CREDIT_LINE = _whole_line(_PATTERNS), _whole_line(_CREDITS)


def is_boilerplate(line: str) -> bool:
    """Tell whether a whole line (stripped) belongs to the page and not to the article."""
    if len(line) <= LONGEST and _BOILERPLATE.fullmatch(line):
        return True
    return len(line) <= LONGEST_CREDITS and _CREDIT_LINE.fullmatch(line) is not None
