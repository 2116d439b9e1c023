#include "page/frame.hpp"

namespace kcommons::page {

namespace {

// Everything works without it. Each ten seconds it fetches the page again and puts the new <main>
// in place of the old one; what was open stays open, what had the focus has it, and nothing moves.
// It waits while somebody types, marks text or looks elsewhere.
constexpr std::string_view kScript = R"(
'use strict';
(() => {
  const pause = document.getElementById('pause'), note = document.getElementById('note');
  const key = 'kcommons-paused', things = 'a,summary,button,input,[tabindex]';
  let paused = false, busy = false;
  try { paused = sessionStorage.getItem(key) === '1'; } catch {}
  const show = () => pause.setAttribute('aria-pressed', paused);
  const main = () => document.getElementById('main');
  const home = (element) => element.closest('[id]');
  const isBusy = () => busy || paused || document.hidden ||
    document.activeElement instanceof HTMLInputElement || !getSelection().isCollapsed;
  const place = (element) => {
    if (!element || element === main() || !main().contains(element)) return null;
    const near = home(element);
    return [near.id, [...near.querySelectorAll(things)].indexOf(element)];
  };
  const refocus = (at) => {
    const near = at && document.getElementById(at[0]);
    if (!near) return;
    const element = at[1] < 0 ? near : near.querySelectorAll(things)[at[1]];
    if (element) element.focus({preventScroll: true});
  };
  const replace = (fresh) => {
    const old = main(), at = place(document.activeElement), y = scrollY;
    const left = [...old.querySelectorAll('.scroll')].map((each) => each.scrollLeft);
    for (const each of old.querySelectorAll('details[open]')) {
      const same = each.id && fresh.querySelector('#' + CSS.escape(each.id));
      if (same) same.open = true;
    }
    old.replaceWith(fresh);
    fresh.querySelectorAll('.scroll').forEach((each, i) => { each.scrollLeft = left[i] || 0; });
    scrollTo(scrollX, y);
    refocus(at);
  };
  const refresh = async () => {
    if (isBusy()) return;
    busy = true;
    try {
      const answer = await fetch(location.href, {headers: {Accept: 'text/html'}, cache: 'no-store',
        signal: AbortSignal.timeout(8000)});
      const text = await answer.text();
      const page = new DOMParser().parseFromString(text, 'text/html');
      const fresh = page.getElementById('main');
      if (!fresh) throw new Error();
      busy = false;
      if (!isBusy()) {
        replace(fresh);
        document.title = page.title;
      }
      note.textContent = '';
    } catch {
      note.textContent = 'kcommons does not answer: this is what it said last';
    }
    busy = false;
  };
  pause.addEventListener('click', () => {
    paused = !paused;
    try { sessionStorage.setItem(key, paused ? '1' : '0'); } catch {}
    show();
    refresh();
  });
  pause.hidden = false;
  show();
  setInterval(refresh, 10000);
})();
)";

}  // namespace

std::string_view script() {
  return kScript;
}

}  // namespace kcommons::page
