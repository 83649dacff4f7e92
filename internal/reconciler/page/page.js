// Keeps the page as new as the helper: a stream says that something changed, and the page
// is fetched again and put in place of what differs, so that focus, scrolling and what is
// unfolded stay. Without this script the page is whole, and is as of when it was loaded.
'use strict';

const calm = 1000; // the least time between two fetches
const query = document.getElementById('q');
const live = () => document.getElementById('live');

// become makes an element what another one is, and touches only what differs.
function become(now, next) {
  if (now.isEqualNode(next)) return;
  for (const { name } of [...now.attributes]) {
    if (!next.hasAttribute(name) && name !== 'open' && name !== 'hidden') now.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  }
  const named = new Map();
  for (const child of now.children) if (child.id) named.set(child.id, child);
  let at = now.firstChild;
  for (const child of [...next.childNodes]) {
    const known = child.id ? named.get(child.id) : undefined;
    if (known) {
      if (known !== at) now.insertBefore(known, at); else at = at.nextSibling;
      become(known, child);
    } else if (!child.id && at && !at.id && at.nodeName === child.nodeName) {
      if (at.nodeType === Node.ELEMENT_NODE) become(at, child);
      else if (at.data !== child.data) at.data = child.data;
      at = at.nextSibling;
    } else {
      now.insertBefore(child, at);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

// find shows the members that have all of the words.
function find() {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of document.querySelectorAll('table.members tbody tr')) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden && row.id.startsWith('m:')) found++;
  }
  for (const pool of document.querySelectorAll('article.pool')) {
    const rows = [...pool.querySelectorAll('table.members tbody tr')];
    pool.classList.toggle('aside', words.length > 0 && rows.every((row) => row.hidden));
  }
  if (words.length > 0) {
    for (const all of document.querySelectorAll('article.pool:not(.aside) details[id^="all:"]')) all.open = true;
  }
  const said = words.length > 0 ? `${found} ${found === 1 ? 'member' : 'members'} found.` : '';
  const place = document.getElementById('found');
  if (place.textContent !== said) place.textContent = said;
}

// say is read out by screen readers: only what was done, never that a counter went on.
function say(texts) {
  if (texts.length === 0) return;
  const told = document.getElementById('told');
  told.textContent = texts.join('. ');
}

let version = document.body.dataset.version;
let fetching = false;
let last = 0;

async function refresh() {
  if (fetching) return;
  fetching = true;
  try {
    for (let wanted = version; document.body.dataset.version !== wanted; wanted = version) {
      const wait = last + calm - Date.now();
      if (wait > 0) await new Promise((done) => setTimeout(done, wait));
      wanted = version;
      last = Date.now();
      const answer = await fetch('./', { credentials: 'same-origin' });
      if (!answer.ok) throw new Error(String(answer.status));
      const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
      become(document.querySelector('main'), next.querySelector('main'));
      document.title = next.title;
      document.body.dataset.version = next.body.dataset.version;
      if (Number(next.body.dataset.version) > Number(version)) version = next.body.dataset.version;
      find();
      connected(true);
    }
  } catch {
    connected(false);
  } finally {
    fetching = false;
  }
}

function connected(yes) {
  const place = live();
  if (!place) return;
  place.textContent = yes ? 'Live.' : 'The helper does not answer: this is what it said last.';
  place.classList.toggle('lost', !yes);
  place.classList.toggle('on', yes);
}

query.form.addEventListener('submit', (event) => event.preventDefault());
query.form.querySelector('button').hidden = true;
query.addEventListener('input', find);

const stream = new EventSource('events');
stream.addEventListener('open', () => connected(true));
stream.addEventListener('error', () => connected(false));
stream.addEventListener('status', (event) => {
  const news = JSON.parse(event.data);
  version = String(news.version);
  say(news.told);
  refresh();
});
if (query.value) find();
