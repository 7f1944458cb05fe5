"""What stands on a page and is not the article: share lines, photo credits, cookie notes."""

import re

LONGEST = 120
"""Characters: a longer line is prose, whatever it begins with."""

_PATTERNS = (
    # Comments and sharing.
    r"(?:\d+|no|view|show|post|add)(?: all)?(?: \d+)? comments?(?: \(\d+\))?",
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
    # Newsletters and advertisements.
    r"(?:please )?(?:subscribe|sign[ -]?up)(?: (?:to|for|now|today|here|free|with|and)\b.*)?",
    r"get (?:the|our) .*newsletters?|(?:our )?newsletters?",
    r"advertisements?|sponsored(?: content)?|promoted(?: content)?",
    r"follow (?:us\b.*|.{1,40} on (?:facebook|twitter|x|instagram|telegram|youtube|linkedin)\b.*)",
    # Credits, cookies and rights.
    r"(?:photo|image|picture|photograph|illustration|video)s?(?: credits?| source)?\s?[:©/].*",
    r"credits?: .+|(?:photo|image|photograph|illustration) (?:by|courtesy of) .+(?<!\.)",
    r".{0,80}(?:/|via|\() ?(?:getty images|reuters|afp|ap|ap photo|shutterstock|unsplash)\)?",
    r"getty images|ap photo(?:/.+)?",
    r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies\b.*",
    r"(?:accept|manage|reject)(?: all)? cookies|cookie (?:policy|settings|notice|preferences)",
    r"©.*|(?:copyright )?\(c\) \d{4}.*|copyright (?:© ?)?\d{4}[^.]*\.?",
    r"(?:.*\W)?all rights reserved",
    r"terms of (?:use|service)|privacy policy",
    # The same in Russian.
    r"\d+ комментари(?:й|я|ев)|комментарии(?: \(\d+\))?|поделиться(?: .{1,30})?",
    r"читайте (?:также|ещё|еще)\b.*|(?:подпишитесь|подписывайтесь) на .+|реклама",
    r"фото: .+|(?:.*\W)?все права защищены",
)
_BOILERPLATE = re.compile(rf"(?:{'|'.join(_PATTERNS)})[.!»→ ]*", re.IGNORECASE)


def is_boilerplate(line: str) -> bool:
    """Tell whether a whole line (stripped) belongs to the page and not to the article."""
    return len(line) <= LONGEST and _BOILERPLATE.fullmatch(line) is not None
