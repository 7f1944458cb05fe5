"""English verbs whose past has another stem: "How high did it rise?", "It rose to …".

Questions ask with "did" and the present, texts tell in the past, and a stemmer knows endings only.
Left out are forms that are mostly something else, such as "bit", "fed", "bore", "lay" and "ground".
"""

_FORMS = """
arose arisen arise
awoke awoken awake
beaten beat
became become
began begun begin
bent bend
bitten bite
bled bleed
blew blown blow
bred breed
broke broken break
brought bring
built build
burnt burn
bought buy
came come
caught catch
chose chosen choose
crept creep
dealt deal
drank drunk drink
drew drawn draw
drove driven drive
dug dig
ate eaten eat
fell fallen fall
felt feel
fled flee
flew flown fly
forbade forbidden forbid
forgave forgiven forgive
forgot forgotten forget
fought fight
found find
froze frozen freeze
gave given give
got gotten get
grew grown grow
heard hear
held hold
hid hidden hide
hung hang
kept keep
knelt kneel
knew known know
laid lay
leapt leap
learnt learn
led lead
left leave
lent lend
lost lose
made make
meant mean
met meet
paid pay
ran run
rang rung ring
rode ridden ride
rose risen rise
said say
sang sung sing
sank sunk sink
sat sit
saw seen see
sent send
shook shaken shake
shone shine
shot shoot
showed shown show
shrank shrunk shrink
slept sleep
slid slide
sold sell
sought seek
spent spend
spoke spoken speak
sprang sprung spring
spun spin
stole stolen steal
stood stand
struck stricken strike
stuck stick
swam swum swim
swept sweep
swore sworn swear
swung swing
taught teach
thought think
threw thrown throw
told tell
took taken take
tore torn tear
understood understand
went gone go
withdrew withdrawn withdraw
woke woken wake
won win
wore worn wear
wrote written write
"""

PRESENT = {
    past: present
    for *pasts, present in map(str.split, _FORMS.strip().splitlines())
    for past in pasts
}
"""Maps each form of the past to the present."""
