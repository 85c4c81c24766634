"""How the site looks: one style sheet for all its files.

Gold answers have a green ground, predicted ones a blue line under them, so that both are seen where
they overlap; strong means short, pale or dotted means long. Each begins and ends with a label.
"""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #fbfaf8; --card: #ffffff; --ink: #1d2126; --soft: #5b6470; --line: #dcdfe4;
  --accent: #1f4fbf; --gold-long: #e2f3e4; --gold-short: #93dba3; --gold-ink: #14532d;
  --predicted: #1d4ed8; --predicted-ink: #ffffff; --low: #7b8494;
  --right: #17663a; --wrong: #b3261e; --missed: #8a4b00; --alarm: #7a1fa2; --null: #5b6470;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181c; --card: #1d2126; --ink: #e6e8eb; --soft: #a3acb8; --line: #353b44;
    --accent: #8fb4ff; --gold-long: #1a3524; --gold-short: #2f7a48; --gold-ink: #c9f2d3;
    --predicted: #7fb0ff; --predicted-ink: #10141a; --low: #8e98a8;
    --right: #7ddb9c; --wrong: #ff9c92; --missed: #ffbe6b; --alarm: #dba6f7; --null: #a3acb8;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
a { color: var(--accent); }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible,
summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.bar { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: baseline;
  padding: .6rem clamp(.8rem, 3vw, 2rem); border-bottom: 1px solid var(--line);
  background: var(--card); font-size: .9rem; }
.bar .end-of-bar { margin-left: auto; }
main { padding: 1rem clamp(.8rem, 3vw, 2rem) 4rem; max-width: 100rem; margin: 0 auto; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .4rem 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
.card h3 { font-size: .95rem; margin: .9rem 0 .3rem; }
.card h3:first-of-type { margin-top: 0; }
.soft { color: var(--soft); }
.number { font-variant-numeric: tabular-nums; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .8rem 1rem; margin: 0 0 1rem; }
.verdict { display: inline-block; border: 1px solid currentColor; border-radius: 1rem;
  padding: 0 .6rem; font-size: .85rem; font-weight: 600; white-space: nowrap; }
.right { color: var(--right); } .wrong { color: var(--wrong); } .missed { color: var(--missed); }
.false_alarm { color: var(--alarm); } .null { color: var(--null); }

.data { border-collapse: collapse; width: 100%; font-size: .92rem; }
.data th, .data td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0;
  border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.data thead th { border-top: 0; color: var(--soft); font-weight: 600; white-space: nowrap; }
.data .number, .data th[scope=row] { white-space: nowrap; }
.wide { overflow-x: auto; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .9rem; margin: 0; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
details > summary { cursor: pointer; font-weight: 600; }

.question main { display: grid; gap: 0 2rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 70rem) {
  .question main { grid-template-columns: minmax(22rem, 30rem) minmax(0, 1fr); }
  .question main > header { grid-column: 1 / -1; }
  .question aside { position: sticky; top: 0; align-self: start; max-height: 100vh;
    overflow-y: auto; padding-top: .8rem; }
}
.question header { margin-bottom: .8rem; }
.answers { list-style: none; margin: 0; padding: 0; }
.answers li { margin: .3rem 0; overflow-wrap: anywhere; }
.swatch { padding: 0 .3em; margin-right: .4em; white-space: nowrap; }

.page { font: 1.03rem/1.65 Charter, "Bitstream Charter", Georgia, Cambria, serif;
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .5rem clamp(.8rem, 3vw, 2.2rem) 2rem; overflow-wrap: anywhere; overflow-x: auto; }
.page > * { max-width: 76ch; }
.page h1, .page h2, .page h3, .page h4, .page h5, .page h6 { line-height: 1.25;
  margin: 1.4rem 0 .4rem; }
.page h1 { font-size: 1.55rem; } .page h2 { font-size: 1.3rem; }
.page h3 { font-size: 1.12rem; } .page h4, .page h5, .page h6 { font-size: 1rem; }
.page table { border-collapse: collapse; font-size: .92rem; line-height: 1.4; margin: .8rem 0;
  max-width: 100%; }
.page td, .page th { border: 1px solid var(--line); padding: .2rem .5rem; vertical-align: top;
  text-align: left; overflow-wrap: normal; }
/* The page's own widths and merged cells are unknown here. */
.page td:only-child { min-width: min(18rem, 50vw); }
.page ul, .page ol { padding-left: 1.5rem; } .page p { margin: .6rem 0; }

mark { background: none; color: inherit; unicode-bidi: isolate;
  -webkit-box-decoration-break: clone; box-decoration-break: clone; }
mark.gold-long { background: var(--gold-long); }
mark.gold-short { background: var(--gold-short); }
mark.predicted-long, mark.low-long { text-decoration: underline dotted 2px;
  text-underline-offset: .28em; text-decoration-color: var(--predicted); }
mark.predicted-short, mark.low-short { box-shadow: inset 0 -.2em 0 0 var(--predicted); }
mark.low-long { text-decoration-color: var(--low); }
mark.low-short { box-shadow: inset 0 -.2em 0 0 var(--low); }
.begin, .end { scroll-margin-top: 30vh; }
.begin::before, .end::before { font: 600 .68rem/1.3 system-ui, -apple-system, "Segoe UI",
  sans-serif; border-radius: .25rem; padding: .05rem .3rem; margin: 0 .2rem; white-space: nowrap;
  vertical-align: .15em; text-decoration: none; display: inline-block; }
.begin::before { content: attr(data-label) " \\25B8"; }
.end::before { content: "\\25C2"; }
.end.gold-long::before, .end.predicted-long::before, .end.low-long::before {
  content: "\\25C2  " attr(data-label); }
.gold-long::before, .gold-short::before { color: var(--gold-ink);
  background: var(--gold-short); }
.gold-long::before { background: var(--gold-long); border: 1px solid var(--gold-short); }
.predicted-short::before { color: var(--predicted-ink); background: var(--predicted); }
.predicted-long::before { color: var(--predicted); border: 1px dotted var(--predicted); }
.low-short::before { color: var(--ground); background: var(--low); }
.low-long::before { color: var(--low); border: 1px dotted var(--low); }
mark::before { content: none; }
.begin:target::before { outline: 3px solid var(--accent); outline-offset: 2px; }

.filters { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: end; margin: 1rem 0; }
.filters label { display: grid; gap: .15rem; font-size: .85rem; color: var(--soft); }
.filters input[type=search] { width: min(24rem, 80vw); }
.filters input[type=search], .filters select, button { font: inherit; color: var(--ink);
  background: var(--card); border: 1px solid var(--line); border-radius: .4rem;
  padding: .35rem .6rem; }
button:disabled { opacity: .5; }
.pager { display: flex; gap: .8rem; align-items: center; margin: 1rem 0; }
.list td { min-width: 7rem; } .list td:first-child { min-width: 16rem; }
.list a { font-weight: 600; text-decoration: none; } .list a:hover { text-decoration: underline; }
@media (max-width: 60rem) {
  .list thead { display: none; }
  .list tr, .list td { display: block; }
  .list tr { border-top: 1px solid var(--line); padding: .6rem 0; }
  .list td { border: 0; padding: .15rem 0; }
  .list td:nth-child(2)::before { content: "long: "; }
  .list td:nth-child(4)::before { content: "short: "; }
}
@media (max-width: 88rem) {
  .data.verdicts :is(tr, th, td) { display: inline-block; border: 0; white-space: normal; }
}
.list tr:focus-within { background: var(--ground); }
.gold-word { border-left: .3rem solid var(--gold-short); padding-left: .4rem; }
.predicted-word { border-left: .3rem solid var(--predicted); padding-left: .4rem;
  margin-top: .25rem; }
.predicted-word.unanswered { border-left-color: var(--line); color: var(--soft); }
kbd { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3rem; font-size: .85em; }
"""
