<%def name="above()">${head()}\
<section aria-labelledby="counts">
<h2 id="counts">Counts</h2>
<dl class="tiles">
% for name, number, note in counts:
<div class="${"zero" if not number else "bad" if name.endswith("_collisions") else "some"}"><dt>${name.replace("_", " ")}\
% if note:
, ${note}\
% endif
</dt><dd>${number}</dd></div>
% endfor
</dl>
</section>
<section aria-labelledby="blocks">
<h2 id="blocks">What blocks</h2>
% if said.collisions:
<div class="block">
<h3>${counted(collisions, "collision")}</h3>
<p>Each is a slot with several live values; <a href="#collisions">all of them stand below</a>, to be decided there.</p>
${remedies(said.collisions)}\
</div>
% endif
% for check, found in blocking.items():
<div class="block">
<h3><code>${check}</code> (${len(found)})</h3>
<ul>
% for finding in found[:SENTENCES]:
<li>${cut(finding.sentence, SENTENCE)}</li>
% endfor
% if len(found) > SENTENCES:
<li>and ${len(found) - SENTENCES} more</li>
% endif
</ul>
${remedies(found)}\
</div>
% endfor
% if not said.collisions and not said.others:
<p>Nothing.</p>
% endif
</section>
% if cards:
${sift()}\
${collisions_section()}\
% endif
<section aria-labelledby="flow">
<h2 id="flow">Where the rows go</h2>
% if groups:
<div class="scroll" role="region" aria-label="Rows by canonical name" tabindex="0">
<table class="flows">
<thead><tr><th scope="col">Canonical name</th><th scope="col">Names as written</th><th scope="col">Rows</th></tr></thead>
<tbody>
% for group in groups[:FLOWS]:
<tr><th scope="row"><bdi>${group.canonical}</bdi></th><td>${", ".join(f"{flow.name} ({flow.rows:,})" for flow in group.flows[:3])}\
% if group.flows[3:]:
 and ${counted(len(group.flows) - 3, "more name")}\
% endif
</td><td>${bar(group)} ${group.rows}\
% if group.blocked:
<span class="blocked">, ${group.blocked} in collision</span>\
% endif
</td></tr>
% endfor
% if groups[FLOWS:]:
<tr><th scope="row">${len(groups) - FLOWS} more</th><td></td><td>${sum(group.rows for group in groups[FLOWS:])}</td></tr>
% endif
</tbody>
</table>
</div>
<details>
<summary>Each name by itself (${counted(len(flows), "name")})</summary>
<div class="scroll" role="region" aria-label="Rows by name" tabindex="0">
<table>
<thead><tr><th scope="col">Name as written</th><th scope="col">Canonical name</th><th scope="col">Rows</th>\
<th scope="col">of these in collision</th></tr></thead>
<tbody>
% for flow in flows[:FLOWS]:
<tr><th scope="row">${flow.name}</th><td>${flow.canonical}</td><td>${flow.rows}</td><td>${flow.blocked}</td></tr>
% endfor
% if flows[FLOWS:]:
<tr><th scope="row">${len(flows) - FLOWS} more names</th><td></td><td>${sum(flow.rows for flow in flows[FLOWS:])}</td>\
<td>${sum(flow.blocked for flow in flows[FLOWS:])}</td></tr>
% endif
</tbody>
</table>
</div>
</details>
% else:
<p>No row stands under another name than its canonical.</p>
% endif
</section>
% if names:
<section aria-labelledby="names">
<h2 id="names">Names that nobody registered</h2>
<div class="scroll" role="region" aria-label="Unregistered names" tabindex="0">
<table>
<thead><tr><th scope="col">Name as written</th><th scope="col">Where</th><th scope="col">Rows</th><th scope="col">Nearly</th></tr></thead>
<tbody>
% for one in names[:FLOWS]:
<tr><th scope="row">${one.name}</th><td>${one.table}.<wbr>${one.column}</td><td>${one.rows}</td><td>${one.near or ""}</td></tr>
% endfor
</tbody>
</table>
</div>
<p class="note">Rows under these names stay as they are. One that is nearly a registered name may be a slip: register it, and it folds.</p>
</section>
% endif
% if beside:
<section aria-labelledby="beside">
<h2 id="beside">Beside ${beside.other.head["mode"]} ${beside.other.path.name}</h2>
<p>\
% if not beside.rows:
Both say the same of every row.\
% else:
${counted(len(beside.rows) + beside.more, "row")} differ; the other ones are alike.\
% endif
</p>
<div class="scroll" role="region" aria-label="Counts beside" tabindex="0">
<table>
<thead><tr><th scope="col">Count</th><th scope="col">There</th><th scope="col">Here</th></tr></thead>
<tbody>
% for name, there, here in beside.counts:
<tr class="${"" if there == here else "differs"}"><th scope="row">${name.replace("_", " ")}</th><td>${"" if there is None else there}</td><td>${"" if here is None else here}</td></tr>
% endfor
</tbody>
</table>
</div>
% if beside.rows:
<div class="scroll" role="region" aria-label="Rows that differ" tabindex="0">
<table>
<thead><tr><th scope="col">Row</th><th scope="col">There</th><th scope="col">Here</th></tr></thead>
<tbody>
% for row in beside.rows:
<tr><th scope="row">${row.table} <bdi>${row.key}</bdi></th>\
% for side, entry in enumerate((row.there, row.here)):
<td>\
% if entry is None:
nothing\
% else:
${entry["action"]} &#x2192; <bdi>${entry["canonical"]}</bdi>\
% for name, values in row.columns.items():
<br><bdi>${name}</bdi>: <mark>${cut(said_as(values[side]), 200)}</mark>\
% endfor
% endif
</td>\
% endfor
</tr>
% endfor
</tbody>
</table>
</div>
% endif
% if beside.more:
<p>${beside.more} more stand in the reports.</p>
% endif
</section>
% endif
% if decided:
<section aria-labelledby="decided">
<h2 id="decided">Decided by a person</h2>
<div class="scroll" role="region" aria-label="Decisions" tabindex="0">
<table>
<thead><tr><th scope="col">Where</th><th scope="col">Kept</th><th scope="col">Who</th><th scope="col">Why</th></tr></thead>
<tbody>
% for one in decided:
<tr><th scope="row">${one["source"]}: ${one["canonical"] or one["project"]} at ${one["slot"]}</th><td>${one["keep"]}</td>\
<td>${one["decided_by"] or "not said"}</td><td>${one["why"] or "not said"}</td></tr>
% endfor
</tbody>
</table>
</div>
% if more_decided:
<p>The report has ${more_decided} more.</p>
% endif
</section>
% endif
% if not cards:
${sift()}\
% endif
${listing("goes,stays", ", ".join(f"{number:,} {SAYS[action]}" for action, number in rows.left_out.items()), \
"The filters above the collisions hold for these rows too." if cards else "")}</%def>
<%def name="sift()">${filters([(action, SAYS[action], number) for action, number in rows.actions.items()])}</%def>
<%def name="collisions_section()">\
<section id="collisions-section" aria-labelledby="collisions">
<h2 id="collisions">Collisions</h2>
% if collisions > len(cards):
<p>The first ${len(cards)} stand here; the report has ${collisions - len(cards)} more. Decide these, and plan again with \
them: the page has the others then, and its file holds these as well.</p>
% endif
<form id="decide" class="decide" aria-label="Decide" hidden>
<p><label for="decided-by">Who decides</label> <input id="decided-by" autocomplete="name"></p>
<p><label for="why">Why</label> <input id="why" autocomplete="off"></p>
<p class="buttons"><button type="button" data-rule="newest">Keep the newest</button> \
<button type="button" data-rule="canonical">Keep the canonical&#x2019;s</button></p>
<p class="note">A rule decides what is open and not filtered away; where two rows are equally new, or the canonical has no \
live row, it leaves it open. On a card the keys 1 to 9 keep that value, N goes on to the next open one, U undoes. What is \
decided here stays in this browser until you clear its data, and goes nowhere.</p>
<p class="bar"><strong id="open" role="status"></strong> <button type="button" id="next-open">Next open one</button> \
<button type="button" id="undo">Undo</button> <button type="button" id="download">Download resolutions.json</button></p>
<p id="then" hidden>Then: <code>alembic -x resolutions=resolutions.json upgrade head</code></p>
</form>
% for canonical, of_it in grouped(cards):
<section class="group" aria-label="Collisions of ${canonical}">
<h3><bdi>${canonical}</bdi> (${counted(len(of_it), "collision")}) <span class="buttons" hidden>\
<button type="button" data-rule="newest">newest<span class="unseen"> of ${canonical}</span></button> \
<button type="button" data-rule="canonical">canonical&#x2019;s<span class="unseen"> of ${canonical}</span></button></span></h3>
% for card in of_it:
<article class="card question" id="${card.anchor}" tabindex="-1" aria-labelledby="${card.anchor}-at" data-project="${canonical}" data-action="collision">
<h4 id="${card.anchor}-at"><a href="#${card.anchor}">${card.question.table}: <bdi>${canonical}</bdi> at <bdi>${card.slot}</bdi></a></h4>
<p class="what">${card.live} live values<span class="state"></span></p>
<div class="sides">
% for number, side in enumerate(card.sides, 1):
<div class="side">
<p class="who">row <bdi>${side.row["row"]}</bdi>, under <bdi>${side.row["written_under"]}</bdi></p>
${value(side.says, side.side)}\
<p class="at">${side.row["status"] or "no status"} &#xB7; \
% if side.row["updated_at"] is None:
no time\
% else:
<time>${side.row["updated_at"]}</time>\
% endif
% if side is card.newest:
 (the newest)\
% endif
 &#xB7; ${counted(side.row["hanging"], "row")} refer to it &#xB7; ${counted(side.under, "row")} under this name</p>
% if side.keep is not None:
<p><button type="button" class="keep" data-row="${str(number - 1)}" aria-pressed="false" aria-describedby="${card.anchor}-at" hidden>\
Keep this one<span class="unseen"> row ${side.row["row"]}</span></button></p>
% elif "keep" in side.row:
<p class="note">Another row of this name says something else: decide this one in the database.</p>
% else:
<p class="note">Not live: cannot be kept.</p>
% endif
</div>
% endfor
</div>
<p class="reason" hidden><label for="${card.anchor}-why">Why, here</label> <input id="${card.anchor}-why" autocomplete="off"></p>
</article>
% endfor
</section>
% endfor
</section>
</%def>
<%def name="between()"></script>
<script id="questions-data" type="application/json"></%def>
<%def name="below()"></script>
% for js in scripts:
<script>${js | n}</script>
% endfor
</body>
</html>
</%def>
<%def name="remedies(found)">\
% for remedy in dict.fromkeys(finding.remedy for finding in found):
<p class="remedy"><strong>What to do:</strong> ${remedy}</p>
% endfor
</%def>
<%def name="bar(group)">\
<svg class="band" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">\
<rect width="${f"{100 * group.rows / groups[0].rows:.2f}"}" height="1"/>\
<rect class="blocked" width="${f"{100 * group.blocked / groups[0].rows:.2f}"}" height="1"/></svg>\
</%def>
<%def name="value(parts, side)">\
<p class="value">\
% for part in parts:
% if isinstance(part, str):
${part}\
% elif isinstance(part, int):
<span class="note"> &hellip; ${part} equal characters &hellip; </span>\
% else:
% if part[side]:
<mark>${part[side]}</mark>\
% endif
% if part[2 + side]:
<span class="note"> &hellip; ${part[2 + side]} more characters</span>\
% endif
% endif
% endfor
% if not any(part[side] or part[2 + side] if isinstance(part, list) else part for part in parts):
<span class="note">empty</span>\
% endif
</p>
</%def>
<%def name="head()"><!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${" ".join(map(hash_of, scripts)) | n}; style-src ${hash_of(css) | n}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${said.title}: ${said.verdict}</title>
<style>${css | n}</style>
</head>
<body data-plan="${fingerprint}">
<a class="skip" href="#main">Skip to the counts</a>
<header>
<h1>${said.title}</h1>
<p class="verdict ${said.tone}"><strong>${said.verdict}</strong></p>
<dl class="facts">
% for name, fact in said.facts:
<dt>${name}</dt><dd>${fact}</dd>
% endfor
</dl>
</header>
<main id="main">
</%def>
<%def name="filters(actions)">\
<form id="filters" class="filters" aria-label="Filter collisions and rows" hidden>
<p><label for="project">Project</label> <select id="project"><option value="">all</option></select></p>
<p><label for="action">Action</label> <select id="action"><option value="">all</option>\
% for action, says, number in actions:
<option value="${action}" data-says="${says}">${says} (${counted(number, "row")})</option>\
% endfor
</select></p>
<p><label for="search">Text</label> <input id="search" type="search" autocomplete="off" spellcheck="false"></p>
<p><label for="size">Rows a page</label> <select id="size"><option>50</option><option>200</option><option>1000</option></select></p>
<p><button type="reset">Show all</button></p>
</form>
</%def>
<%def name="listing(sides, left_out, where='')">\
<section aria-labelledby="rows">
<h2 id="rows">Rows</h2>
% if left_out:
<p><strong>Not all rows stand on this page.</strong> Left out: ${left_out}. \
<code>${said.instead}</code> shows them.</p>
% endif
<noscript><p>The rows below need JavaScript. <code>${said.instead}</code> shows them without.</p></noscript>
% if where:
<p class="note"><a href="#filters">${where}</a></p>
% endif
<p id="shown" role="status"></p>
<ol id="list" class="cards" data-sides="${sides}"></ol>
<nav id="pages" class="pages" aria-label="Pages of rows" hidden>
<button id="previous" type="button">Previous rows</button>
<button id="next" type="button">Next rows</button>
</nav>
</section>
</main>
<footer>
<p>Made by alembic-rekey ${version} from a report; nothing here was decided anew. Values stand as they are, except that what cannot be seen is named, as in &#x27E8;U+202E&#x27E9;. What differs is <mark>marked</mark>.</p>
</footer>
<script id="rows-data" type="application/json"></%def>
<%def name="restore()">${head()}\
<section aria-labelledby="counts">
<h2 id="counts">Tables</h2>
% for one in returning:
% if len(returning) > 1:
<h3>Run ${str(one.run.number)} of revision ${one.called}</h3>
% endif
<div class="scroll" role="region" aria-label="Rows of run ${str(one.run.number)}" tabindex="0">
<table>
<thead><tr><th scope="col">Table</th><th scope="col">Rows that go back</th><th scope="col">Rows that drifted</th></tr></thead>
<tbody>
% for table in one.tables:
<tr><th scope="row">${table.table}</th><td>${table.untouched}</td><td class="${"blocked" if table.drifted else ""}">${table.drifted}</td></tr>
% endfor
</tbody>
</table>
</div>
% endfor
</section>
${filters(actions)}\
${listing("now,goes back to", left_out)}</%def>
