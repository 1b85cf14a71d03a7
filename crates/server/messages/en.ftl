# The interface's words in English. Every key here is in id.ftl too; a test keeps it so.

## Frame
skip-to-content = Skip to content
sample-title = SAMPLE DATA
sample-text = All figures here are made up, not the real state of things.
data-as-of = data as of { $n }
sources-fresh = { $a }/{ $b } sources fresh
nav-label = Sections
nav-board = Board
nav-indicators = Indicators
nav-regions = Regions
nav-sources = Sources
nav-runs = Runs
nav-pattern = Patterns
footer-words = Pendopo: every figure can be opened to its origin.
crumbs = You are here
filter = Filter
show = Show
older = Older
all-runs = all runs

## Spans
span-moment = < 1 second
span-seconds = { $n ->
    [one] { $n } second
   *[other] { $n } seconds
}
span-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
span-hours = { $n ->
    [one] { $n } hour
   *[other] { $n } hours
}
span-days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}

## State against target
status-on = on track
status-risk = at risk
status-off = off track
status-no-target = no target
status-no-data = no data

## State of a source
fresh-fresh = fresh
fresh-late = late
fresh-stale = stale
fresh-down = down
fresh-blocked = blocked
fresh-changed = changed shape
fresh-waiting = never run

## Errors
error-not-found = There is no such page
error-not-found-now = Check the address, or start again from the board.
error-forbidden = Not for you to see
error-forbidden-now = This figure is restricted. Ask the agency that owns it.
error-invalid = The request cannot be read
error-invalid-now = Go back and change your choice.
error-method-not-allowed = That is not done here
error-method-not-allowed-now = Go back and use the buttons that are there.
error-conflict = Cannot be done yet
error-conflict-now = Wait until what is running has ended, then try again.
error-busy = Busy
error-busy-now = What is stored is safe. Try again in a moment.
error-too-often = Too many requests
error-too-often-now = Wait a moment, then try again.
error-internal = Something went wrong on our side
error-internal-now = What is stored is safe. Try again; if it stays like this, tell whoever runs the center the number below.
error-reference = Reference
error-back = To the board

## Common words
value = Value
target = Target
last-year = Last year
period = Period
region = Region
rank = No
note = Note
indicator = Indicator
agency = Agency
state = State
course = Course
source = Source
rows = Rows
row = Row
column = Column
reason = Reason
action = Action
run = Run
by = By
recorded-at = recorded { $n }
recorded = Recorded
breakdown = Breakdown
total = All
no-value = none yet
not-reported = not reported
as-table = Table
reported-of = { $a } of { $b } reported
map-missing = not reported ({ $n })

## Small figures
hidden = not shown
hidden-below = not shown (<{ $n })
hidden-reason-below = This figure is not shown: figures below { $n }, and those from which they could be worked out, are for the agency that answers for them.
hidden-reason = This figure is not shown because it is made from small figures.
map-hidden = not shown ({ $n })
small-cells = Small figures
small-cells-rule = below { $n } not shown, nor what they could be worked out from
small-cells-zero = zero and below { $n } not shown, nor what they could be worked out from
lineage-row-internal = The original row is for the agency that answers for it.

map-order = In order of code, not of place.
points = { $n } points
since-period = from { $n }
since-period-short = from { $n }
target-at-least = target ≥ { $n }
target-at-most = target ≤ { $n }
target-between = target { $a } to { $b }
label-target = target { $n }
label-target-low = min. { $n }
label-target-high = max. { $n }
label-last-year = last year { $n }

## Board
board-title-default = Leader’s board
needs-attention = Needs attention
all-well = All targets are met and all sources are fresh.
exceptions-more = { $n } more that need attention
agencies = Agencies
agency-figures = Figures
agency-data = Data
agency-data-fresh = fresh
count-off = { $n } off track
count-risk = { $n } at risk
count-on = { $n } on track
count-no-target = { $n } without target
count-no-data = { $n } without data
other-boards = Other boards
board-summary = { $off } of { $all } indicators miss their target, { $risk } are at risk, { $on } on track.
board-summary-none = No indicator has a target and a value yet.
board-summary-silent = { $n ->
    [one] { $n } source does not keep its promise.
   *[other] { $n } sources do not keep their promise.
}
empty-board = No figures yet
empty-board-now = The board fills itself once the first source has been read. Open the sources and press “Run now”.
empty-pack = No place pack yet
empty-pack-now = Apply one with: pendopo apply PACK. Board, indicators and sources then appear here.
exception-off = { $value } against { $target }.
exception-since =
    { $n ->
        [1] Off track this period.
       *[other] Off track for { $n } periods in a row.
    }
exception-worst = Worst: { $n }.
exception-worsening = Worse than { $a } ({ $b }).
exception-improving = Better than { $a } ({ $b }).
exception-steady = Unchanged since { $a }.
lineage-link = origin
source-link = see source

## Indicators
indicators-lead = Latest figures of { $n }. Open an indicator for its target, course and the regions below.
filter-all = All
filter-off = Off track
filter-risk = At risk
filter-no-data = No data
empty-indicators = No indicators here
empty-indicators-now = Change the filter, or apply a pack that holds indicators.
known-on = As known on
ranking = Ranking
ranking-of = By value, { $n }
split = Breakdown
below-province = By province
below-regency = By regency or city
below-district = By district
below-village = By village
about-indicator = About this indicator
definition = Definition
owner = Answers for it
unit = Unit
direction = Better is
direction-higher = higher
direction-lower = lower
direction-range = between two bounds
cadence = Reported
cadence-day = daily
cadence-week = weekly
cadence-month = monthly
cadence-quarter = quarterly
cadence-semester = half-yearly
cadence-year = yearly
aggregation = Rolled up as
aggregation-sum = sum of the regions below
aggregation-mean = mean of the regions below
aggregation-weighted_mean = weighted mean
aggregation-ratio = numerator over denominator
aggregation-none = each level reports its own
target-basis = Basis of the target
lead-value-target = { $value }, { $target }.
lead-value = { $value }.
lead-changed = { $change } from { $a } ({ $b }).
lead-same = Same as { $a }.
lead-last-year = { $n } a year ago.
lead-complete = All { $n } regions below have reported.
lead-incomplete = Only { $a } of { $b } regions below have reported.
notice-known-on = These are the figures as known on { $n }. Later revisions are left out.
notice-mismatch-below = In { $n } regions below, the reported figure differs from its parts.
notice-mismatch = The reported figure is { $a }; the regions below come to { $b }. The difference is not explained.
empty-indicator = No value in this region yet
empty-indicator-now = A value appears once { $n } reports. See the state of its source.
trend-rose = Rose from { $a } ({ $b }) to { $c }.
trend-fell = Fell from { $a } ({ $b }) to { $c }.
trend-flat = Stayed at { $n }.
trend-none = No value in this span yet.
map-summary = Highest { $a }, lowest { $b }.
map-summary-none = None has reported yet.

## Lineage
lineage-title = Where this figure comes from
lineage-of = { $a }, { $b }
lineage-rolled = Made from { $a } of { $b } regions below.
lineage-computed = Computed from other indicators by this center.
lineage-ratio = Numerator over denominator, times { $n }.
lineage-made-from = Made from
lineage-part = Part
lineage-source = Source
lineage-run = Run
lineage-answer = The original answer is kept, SHA-256
lineage-row = Original row
lineage-row-gathered = Gathered from several rows of the source’s answer.
lineage-row-unreadable = The original answer is kept, but the row cannot be read again.
lineage-row-number = Row { $n } of the source’s answer.
by-staff = staff
lineage-row-not-kept = The original answer of this run is not kept.
lineage-revisions = Revisions
lineage-owner = Who answers for it
lineage-reported = Reported by { $n }.
lineage-run-words = recorded { $a } by { $b }

## Sources
sources-all-fresh = All { $n } sources keep their promise.
sources-some-ill = { $a } of { $b } sources need care.
what-and-who = What and who
last-good = Last good
promise = Promise
promise-every = every { $n }
never = never
run-now = Run now
run-dry = Try without saving
run-watch = Watch it run
about-source = About this source
source-feeds = Feeds indicators
source-runs = Last runs
source-connector = Read as
source-schedule = Schedule
source-by-hand = by hand
source-contact = Call
source-ill-since = Not as promised since
source-expected = New data due by
source-new-columns = New columns that nothing reads yet
rows-accepted = { $n } accepted
rows-refused = { $n } refused
empty-sources = No sources yet
empty-sources-now = Write one file in the pack’s folder sources/, then run: pendopo apply PACK.

## Runs
runs-lead = The ledger of all runs: when, by whom, to what effect.
run-number = no. { $n }
run-running = running
run-done = done
run-refused = refused
run-failed = failed
run-interrupted = interrupted
run-kind-source = Source run
run-kind-import = File import
run-kind-retry = Retry of refused rows
run-kind-computed = Computation
started = Started
took = Took
accepted = Accepted
refused = Refused
effect = Effect
effect-words = { $a } new, { $b } revised, { $c } same
effect-none = none
run-facts = Details
run-reloads = This page reloads itself every few seconds.
run-progress = { $a } of { $b } rows
run-progress-open = { $n } rows
run-sentence-running = Running since { $n }.
run-sentence-done = Done: { $accepted } rows accepted, { $refused } refused. New figures { $added }, revised { $revised }.
run-sentence-refused = Not used: { $n }
run-sentence-failed = Failed: { $n } The figures already stored have not changed.
run-sentence-interrupted = Interrupted before its end. No figure has changed; the next run starts afresh.
trigger = Set off by
trigger-schedule = schedule
trigger-manual = hand
trigger-retry = retry
run-reason = Reason
finished = Finished
repeated = Repeated
bytes = Size of the answer
see-refused = See { $n } refused rows
filter-running = Running
filter-failed = Failed
filter-refused = Refused
empty-runs = No runs yet
empty-runs-now = The first one appears here when its schedule comes round, or press “Run now” at a source.
refused-title = Refused rows
refused-summary = { $n } rows were put aside; the others were used. Mend them at the source, then retry.
raw-row = Row as received
export-csv = Download CSV
retry-refused = Retry these rows
dismiss-refused = Dismiss
next-rows = Next rows
refused-open = open
refused-retried = retried
refused-dismissed = dismissed
empty-refused = No refused rows
empty-refused-now = All rows of this run were used.

kind = Kind
reason-region-empty = region empty
reason-region-malformed = malformed region code
reason-region-unknown = unknown region
reason-region-ambiguous = ambiguous region name
reason-region-outside = outside the region
reason-region-too-fine = region too fine
reason-period-empty = period empty
reason-period-malformed = malformed period
reason-period-impossible = no such day
reason-period-too-coarse = period too coarse
reason-period-future = period in the future
reason-value-empty = value empty
reason-value-malformed = not a number
reason-value-not-finite = number not finite
reason-value-too-small = value too small
reason-value-too-large = value too large
reason-cell-error = cell in error
reason-breakdown-empty = breakdown empty
reason-key-empty = identifier empty
reason-duplicate = duplicate row
reason-too-many-cells = too many columns
reason-unfinished = row cut off
reason-not-a-row = not a row

## Audit log
nav-audit = Audit log
audit-lead = Who did what, to what, when, from where and with what outcome. It can’t be changed or deleted.
audit-whole = Chain whole
audit-whole-now = up to number { $a }, checked { $b }
audit-damaged = Chain damaged
audit-damaged-now = { $a } damages, the first at number { $b }, checked { $c }. Run: pendopo audit verify
audit-unchecked = Not checked yet
audit-unchecked-now = The chain is checked when the center starts and every night.
audit-end = Fingerprint of the chain up to number { $n }:
audit-all = Show all
audit-at = Time
audit-actor = Who
audit-action = What
audit-object = To what
audit-detail = Detail
audit-outcome = Outcome
audit-number = No
audit-from = From day
audit-until = To day
audit-text = Search
newest = Newest
export-jsonl = Download JSON Lines
empty-audit = No entries
empty-audit-now = The first entry appears when somebody has changed something, such as applied a pack.
empty-audit-filter = Widen the filter.
audit-action-sign-in = Signed in
audit-action-sign-in-failed = Sign-in failed
audit-action-sign-out = Signed out
audit-action-session-revoked = Session ended
audit-action-password-changed = Password changed
audit-action-second-factor-added = Second factor added
audit-action-second-factor-removed = Second factor removed
audit-action-account-created = Account created
audit-action-account-changed = Account changed
audit-action-account-disabled = Account closed
audit-action-token-created = Token given out
audit-action-token-revoked = Token revoked
audit-action-pack-applied = Pack applied
audit-action-run-started = Run started
audit-action-rows-retried = Refused rows retried
audit-action-rows-dismissed = Refused rows dismissed
audit-action-file-imported = File imported
audit-action-exported = Data downloaded
audit-action-restricted-viewed = Restricted figure viewed
audit-action-access-refused = Access refused
audit-action-queried = Figures asked in SQL
audit-action-settings-changed = Settings changed
audit-action-key-rotated = Key rotated
audit-action-retention-deleted = Data past retention deleted
audit-action-audit-exported = Audit log downloaded
audit-action-entries-lost = Entries lost
audit-action-damage-found = Damage of the log found
audit-outcome-done = done
audit-outcome-refused = refused
audit-outcome-failed = failed
audit-actor-account = account
audit-actor-token = token
audit-actor-command = command line
audit-actor-center = this center
audit-actor-visitor = no account
audit-object-source = source
audit-object-run = run
audit-object-pack = pack
audit-object-indicator = indicator
audit-object-account = account
audit-object-token = token
audit-object-session = session
audit-object-route = page
audit-object-key = key
audit-object-audit = audit log
audit-object-views = figures
audit-detail-reason = reason
audit-detail-run = run no.
audit-detail-of = of run no.
audit-detail-rows = rows
audit-detail-entries = entries
audit-detail-lost = lost
audit-detail-added = new
audit-detail-changed = changed
audit-detail-removed = removed
audit-detail-values-changed = figures changed
audit-detail-sql = SQL
audit-detail-file = file
audit-detail-error = error
audit-detail-hash = fingerprint
audit-detail-witnessed = witnessed up to number
audit-detail-cut-bytes = detail too long (bytes)
audit-damage-changed = Number { $number } ({ $at }): its content was changed after it was recorded.
audit-damage-unlinked = Number { $number } ({ $at }): does not follow on the entry before it; something before it was changed or replaced.
audit-damage-missing = Numbers { $first } to { $last } are missing, before number { $number } ({ $at }).
audit-damage-unreadable = Number { $number }: not an entry that can be read.
audit-damage-no-head = The signed end is missing although there are entries up to number { $number }.
audit-damage-other-head = The signed end names number { $number } ({ $at }), but the chain ends otherwise, at number { $last }.
audit-damage-forged-head = The end at number { $number } ({ $at }) is not signed by this center’s key.
audit-damage-cut-off = Numbers { $first } to { $number } ({ $at }) are missing: the end was cut off, or the database was put back to an older state. Witness: { $place }
audit-damage-rewritten = Number { $number } ({ $at }): was rewritten; a witness holds another fingerprint. Witness: { $place }
audit-damage-forged-anchor = { $place }: the end at number { $number } ({ $at }) is not signed by this center’s key.
audit-damage-unreadable-anchor = { $place }: a line that cannot be read.
audit-damage-reported = Number { $number } ({ $at }): the program itself found the log changed by another hand before this.
audit-damage-unguarded = The database no longer refuses changes of entries; its triggers are gone.

## Regions
region-lead = Kemendagri code { $code }, { $kind }.
region-children = { $n } regions below.
kind-negara = country
kind-provinsi = province
kind-kabupaten = regency
kind-kota = city
kind-kecamatan = district
kind-desa = village
kind-kelurahan = urban village
empty-region = No figures for this region yet
empty-region-now = Sources do not report down to this level yet.
country = Indonesia

## Patterns
pattern-lead = All pieces of the interface in all their states, with made-up figures.
pattern-states = States
pattern-tiles = Tiles
pattern-trends = Trends
pattern-map = Regions
pattern-map-dense = Regions, dense
pattern-bars = Ranking
pattern-bullets = Against target
pattern-heat = Regions over time
pattern-empty = Empty
sample-indicator = Sample indicator
sample-range = Sample price
sample-region = Region { $n }
sample-summary = A sentence that says what the drawing shows.

## Accounts: signing in
sign-in = Sign in
sign-out = Sign out
sign-in-lead = For staff of the government. The public board can be seen without signing in.
sign-in-forgot = Forgot the password? Ask the administrators at Diskominfo for a new link.
sign-in-wrong = Login or password is not right.
sign-in-too-many = Too many tries. Try again in { $n } minutes.
sign-in-closed = This connection is not encrypted, so others could read the password. Open the center by its https address.
password = Password
password-now = Present password
password-new = New password
password-again = New password again
password-change = Change the password
password-note = At least 10 characters. A few unrelated words are easy to remember and hard to guess.
password-short = The password is too short: at least 10 characters.
password-long = The password is too long: at most 200 characters.
password-guessable = The password is easy to guess. Use a few unrelated words, without your name or the place's.
password-differs = The two new passwords differ.
password-now-wrong = The present password is not right.
code = Code
code-title = Second code
code-lead = Open the authenticator on your phone and type the six digits for Pendopo.
code-recovery = No phone at hand? Type one of the recovery codes.
code-wrong = The code is wrong or was used. Wait for the next one.
continue = Continue

## Accounts: invitations and second factor
first-title = The first account
first-lead = This account runs the center: sources, users and screens.
invitation-title = Choose a password
invitation-lead = For { $n }. The link works once.
enrol-title = Second factor
enrol-lead = A code from your phone protects the account even when somebody learns the password.
enrol-required = Before you go on: this center asks for a code from your phone besides the password.
enrol-scan = Scan with an authenticator, such as Aegis, Google Authenticator or Microsoft Authenticator.
enrol-type = Cannot scan? Type this key:
enrol-first-code = Type the six digits that the application shows.
enrol-do = Use this code
codes-title = Recovery codes
codes-lead = Keep them in a safe place, on paper for example. Each works once when the phone is not at hand. This page cannot be opened again.
codes-kept = I have kept them
codes-left = Recovery codes left: { $n }.
second-factor = Second factor
code-on = Codes of an authenticator are on.
code-off = None. The password alone protects this account.
code-set-up = Set up codes
code-renew = New phone or recovery codes
code-remove = Remove the second factor
code-required = This center requires a second factor; it cannot be removed.

## Accounts: profile
profile = My account
manage = Running the center
profile-about = About this account
profile-change = Name, role and reach are changed by the administrators at Diskominfo.
sessions = Running sessions
sessions-note = Is there one you do not know? End it, then change the password.
session-browser = Browser
session-address = Address
session-since = Since
session-seen = Last used
session-here = this session
session-end = End
session-end-others = End all others
agent-unknown = unknown
tokens = API tokens
tokens-none = No tokens yet. A token lets a program read figures on your behalf.
token-new = Make a token
token-name = Name
token-days = Works for (days)
token-may = May
token-until = Until
token-used = Last used
token-of = For
token-make = Make a token
token-reads = read
token-writes = read and change
token-sends = send data
token-may-write = May change things, as far as my role may
token-may-restricted = May read restricted figures
token-wrong = Give a name, and choose what for and how long.
revoke = Revoke
until-revoked = until revoked
never-used = never
secret-token = A new token
secret-token-now = Copy it into the program that uses it, as Authorization: Bearer.
secret-invitation = Link for { $n }
secret-invitation-now = Hand it to the person directly. It works once, until { $n }.
secret-wall = Link for the screen { $n }
secret-wall-now = Open it once in the screen's browser. From then on the screen shows its board without signing in.
secret-push = Key for { $n }
secret-push-now = Copy it into the program that sends data, as Authorization: Bearer.
secret-path = Put it behind this center's address.
secret-once = Shown this once. Only its fingerprint is kept here.
secret-kept = I have copied it

## Accounts: users
nav-users = Users
nav-devices = Screens & programs
users-lead = { $n } accounts. Everyone uses an account of their own.
user-add = Add a user
user-add-lead = Saving shows a link that works once, to be handed to the person.
user-invite = Save and make a link
user-name = Name
user-login = Login
user-login-note = Lower-case letters, digits, dots, hyphens.
user-role = Role
user-agency = Agency
user-agency-note = For operators: only this agency's sources and figures.
user-place = Place
user-place-note = For officers of a kecamatan, desa or kelurahan.
user-reach = Reach
user-sees = Figures seen
user-last = Last signed in
user-state = State
user-sessions = { $n ->
    [one] 1 session running
   *[other] { $n } sessions running
}
user-barred = disabled
user-invited = has not chosen a password
user-without-code = without a second factor
user-with-code = with a second factor
user-access = Access
user-new-link = Make a link for a new password
user-new-link-note = Earlier links stop working. The second factor stays.
user-disable = Disable
user-enable = Enable again
user-change-note = When role or reach change, the person's sessions end.
user-login-wrong = Login: 2 to 60 lower-case letters, digits, dots or hyphens.
user-login-taken = Another account has this login.
user-name-wrong = Give the name, at most 120 characters.
user-role-wrong = Choose the role.
user-agency-missing = An operator needs an agency.
user-region-missing = An officer needs a kecamatan, desa or kelurahan of this government.
user-sensitivity-wrong = This role may not see figures that sensitive.
user-own-role = You cannot change your own role; ask another administrator.
never-signed-in = never
reach-all = the whole government
save = Save
cancel = Cancel
sees-usual = usual for the role
sees-public = public
sees-internal = public and internal
sees-restricted = all, restricted ones too
role-public = Public
role-wall = Screen
role-service = Program
role-leader = Leader
role-leader-may = Bupati, vice-bupati: sees everything and decides.
role-secretary = Regional secretary
role-secretary-may = Sees everything and follows up on decisions.
role-administrator = Administrator
role-administrator-may = Diskominfo: runs sources, users and screens.
role-analyst = Analyst
role-analyst-may = Sees figures and rows of all agencies.
role-operator = Operator
role-operator-may = Looks after the sources of one agency.
role-officer = Officer
role-officer-may = Kecamatan, desa, kelurahan: sees that place.
role-auditor = Auditor
role-auditor-may = Inspektorat: sees everything including the audit trail, changes nothing.

## Screens and programs
devices-lead = Screens of the room and programs that send data have keys of their own, which can be revoked at any time.
walls = Screens
walls-none = No screen yet. Make one, then open its link in the screen's browser.
wall-add = Add a screen
wall-board = Board shown
wall-internal = Show internal figures too
wall-make = Make the screen's link
programs = Programs that send data
programs-none = None yet. A program sends the figures of one source without a person's account.
program-add = Add a program
program-source = Source
tokens-of-people = API tokens of users
tokens-of-people-none = No working tokens.

## Errors of accounts
error-sign-in-first = Sign in first
error-sign-in-first-now = This page is for staff.
error-form-expired = The form is no longer valid
error-form-expired-now = The session changed since the page was opened, or the form came from elsewhere. Open the page again and send it anew.
error-too-many = Too many tries
error-too-many-now = Wait a few minutes, then try again.
