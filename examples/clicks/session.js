// One visit: counts what happens in it, and sends each click with those counts. The fields are those that scoregate.toml maps.

const VISITS = "oak-and-lamp.visits";

const SOURCES = [
  [/(^|\.)(google|bing|duckduckgo|ecosia|qwant)\./, "search"],
  [/(^|\.)(instagram|facebook|pinterest|reddit|tiktok)\.com$/, "social"],
];

export class Session {
  constructor(gateway) {
    this.url = `${gateway}/pipelines/clicks/score`;
    this.begin();
  }

  begin() {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    this.id = "s_" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.start = Date.now();
    this.last = null;
    this.cart = [];
    this.clicks = this.products = this.searches = this.removed = 0;
    this.visitsBefore = visitsBefore();
  }

  // Counts a click and returns the event; `product` is what it was about.
  click(action, product = null) {
    const now = Date.now();
    this.clicks += 1;
    if (action === "view" && product) this.products += 1;
    if (action === "search") this.searches += 1;
    if (action === "cart") this.cart.push(product);
    if (action === "remove") {
      this.cart.splice(this.cart.indexOf(product), 1);
      this.removed += 1;
    }
    const sinceLast = this.last === null ? null : seconds(now - this.last);
    this.last = now;
    return {
      session_id: this.id,
      event: action,
      timestamp: new Date(now).toISOString(),
      utc_offset_min: -new Date(now).getTimezoneOffset(),
      device: device(),
      source: source(),
      product: product && { price_eur: product.price },
      session: {
        age_s: seconds(now - this.start),
        clicks: this.clicks,
        products: this.products,
        searches: this.searches,
        removed: this.removed,
        cart_items: this.cart.length,
        cart_eur: Math.round(this.cart.reduce((sum, { price }) => sum + price, 0) * 100) / 100,
        visits_before: this.visitsBefore,
        scroll_percent: scrollPercent(),
        since_last_s: sinceLast,
      },
    };
  }

  // The gateway's answer: score and decision. Its error is one sentence.
  async score(event) {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json", "scoregate-key": event.session_id },
      body: JSON.stringify(event),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    return answer;
  }

  // The last click, of a page that goes away: nobody waits for its answer. As plain text, for which no browser asks first.
  leave() {
    navigator.sendBeacon(this.url, JSON.stringify(this.click("leave")));
  }
}

function seconds(ms) {
  return Math.max(0, Math.round(ms / 100) / 10);
}

function visitsBefore() {
  try {
    const visits = Number(localStorage.getItem(VISITS)) || 0;
    localStorage.setItem(VISITS, String(visits + 1));
    return visits;
  } catch {
    return 0; // Storage is switched off: a first visit, as far as the page knows.
  }
}

function device() {
  if (!matchMedia("(pointer: coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "mobile" : "tablet";
}

function source() {
  const medium = new URLSearchParams(location.search).get("utm_medium");
  if (medium === "email") return "mail";
  if (medium === "cpc") return "ad";
  try {
    const host = new URL(document.referrer).hostname;
    return SOURCES.find(([pattern]) => pattern.test(host))?.[1] ?? "direct";
  } catch {
    return "direct"; // No referrer.
  }
}

// How much of the page has been seen: none where nothing is on it yet, all where it fits the window.
function scrollPercent() {
  if (!document.querySelector("main").hasChildNodes()) return null;
  const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
  const hidden = scrollHeight - clientHeight;
  return hidden > 0 ? Math.min(100, Math.max(0, Math.round((100 * scrollTop) / hidden))) : 100;
}
