// A shop of nine things. What is clicked goes to the gateway; what it answers is shown beside the shop.

import { Session } from "./session.js";

const PRODUCTS = [
  { id: "candle", name: "Beeswax candle", price: 9.9, tone: "#e9d9a6", shape: "M48 30h24v60H48zM60 12q9 10 0 16q-9-6 0-16" },
  { id: "cup", name: "Stoneware cup", price: 14.5, tone: "#c9d3d6", holes: true, shape: "M36 34h44v44q0 14-14 14H50q-14 0-14-14zM80 44h10q8 0 8 10t-8 10H80v-8h8v-4h-8z" },
  { id: "cushion", name: "Wool cushion", price: 29, tone: "#d8c3b8", shape: "M28 30q32 8 64 0q-8 30 0 60q-32-8-64 0q8-30 0-60" },
  { id: "clock", name: "Wall clock", price: 39.9, tone: "#cfd8c6", holes: true, shape: "M60 18a42 42 0 1 0 .1 0zM57 34h6v26l18 12l-4 5l-20-14z" },
  { id: "lamp", name: "Reading lamp", price: 69, tone: "#f0dfc0", shape: "M44 18h32l14 34H30zM57 52h6v34h18v8H39v-8h18z" },
  { id: "stool", name: "Ash stool", price: 89, tone: "#e3d3bd", shape: "M26 36h68v12H26zM34 48h9l-7 48h-9zM77 48h9l7 48h-9zM36 72h48v6H36z" },
  { id: "shelf", name: "Wall shelf", price: 129, tone: "#c8cfd8", shape: "M22 26h76v7H22zM22 58h76v7H22zM22 90h76v7H22zM28 33h7v57h-7zM85 33h7v57h-7z" },
  { id: "chair", name: "Oak chair", price: 199, tone: "#dccab0", shape: "M36 14h8v44h34V44h8v54h-8V70H44v28h-8z" },
  { id: "table", name: "Dining table", price: 349, tone: "#d3c1a5", shape: "M14 36h92v11H14zM24 47h9v48h-9zM87 47h9v48h-9z" },
];

const gateway = new URLSearchParams(location.search).get("gateway") ?? "http://127.0.0.1:8080";
const session = new Session(gateway);
const at = (id) => document.getElementById(id);
const euro = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

// An element with properties and children.
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function picture({ name, tone, shape, holes }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-20 0 160 120");
  svg.setAttribute("class", "picture");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", name);
  svg.style.background = tone;
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", shape);
  path.setAttribute("fill", "#3a3f45");
  if (holes) path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

function show(...content) {
  at("shop").replaceChildren(...content);
  at("cart-count").textContent = String(session.cart.length);
  scrollTo(0, 0);
}

function grid(title, products) {
  const cards = products.map((product) =>
    make("button", { type: "button", className: "card", onclick: () => view(product) },
      picture(product),
      make("span", { className: "title", textContent: product.name }),
      make("span", { className: "price", textContent: euro.format(product.price) })));
  show(make("h1", { textContent: title }), make("div", { className: "grid" }, ...cards));
}

// The counts are those before the page changes, as the click saw it.
function home() {
  tell("view");
  grid("For quiet rooms", PRODUCTS);
}

function view(product) {
  tell("view", product);
  const add = make("button", { type: "button", className: "main", textContent: "Add to cart", onclick: () => put(product) });
  const back = make("button", { type: "button", textContent: "Back", onclick: home });
  show(make("div", { className: "product" },
    picture(product),
    make("div", {},
      make("h1", { textContent: product.name }),
      make("p", { className: "amount", textContent: euro.format(product.price) }),
      make("p", { className: "description", textContent: "Made to be used for a long time, and to be mended when it has been." }),
      make("div", { className: "actions" }, add, back))));
}

function search(words) {
  tell("search");
  const found = PRODUCTS.filter(({ name }) => name.toLowerCase().includes(words.trim().toLowerCase()));
  grid(found.length ? `Found for “${words}”` : `Nothing found for “${words}”`, found);
}

function put(product) {
  tell("cart", product);
  cart();
}

function take(product) {
  tell("remove", product);
  cart();
}

function cart() {
  if (session.cart.length === 0) {
    const back = make("button", { type: "button", textContent: "Look around", onclick: home });
    show(make("h1", { textContent: "The cart is empty" }), back);
    return;
  }
  const rows = session.cart.map((product) =>
    make("tr", {},
      make("td", { textContent: product.name }),
      make("td", { className: "number", textContent: euro.format(product.price) }),
      make("td", { className: "number" },
        make("button", { type: "button", textContent: "Remove", onclick: () => take(product) }))));
  const total = session.cart.reduce((sum, { price }) => sum + price, 0);
  const checkout = make("button", { type: "button", className: "main", id: "checkout", textContent: "Check out", onclick: checkOut });
  const back = make("button", { type: "button", textContent: "Look around", onclick: home });
  show(make("h1", { textContent: "Cart" }),
    make("table", {}, make("tbody", {}, ...rows)),
    make("p", { className: "amount", textContent: `Total ${euro.format(total)}` }),
    make("div", { className: "actions" }, checkout, back));
}

function checkOut() {
  tell("checkout");
  const order = make("button", { type: "button", className: "main", id: "order", textContent: "Place the order", onclick: ordered });
  const back = make("button", { type: "button", textContent: "Back to the cart", onclick: cart });
  show(make("h1", { textContent: "Nearly there" }),
    make("p", { textContent: "Nothing is paid and nothing is sent: this shop sells nothing." }),
    make("div", { className: "actions" }, order, back));
}

// The order is no event: it is what the score foretells. What comes after it is another session.
function ordered() {
  session.begin();
  at("offer").hidden = true;
  const back = make("button", { type: "button", textContent: "Look around", onclick: home });
  show(make("h1", { textContent: "Thank you" }), make("p", { textContent: "This session ended in an order. The next click begins another one." }), back);
}

// Sends a click and shows what the gateway makes of it.
async function tell(action, product = null) {
  const event = session.click(action, product);
  const entry = make("li", {}, make("span", { textContent: product ? `${action} ${product.name}` : action }));
  at("log").prepend(entry);
  try {
    const { score, decision } = await session.score(event);
    entry.append(make("span", { className: "value", textContent: percent(score) }), badge(decision));
    if (event.session_id !== session.id || event.session.clicks !== session.clicks) return; // A later click was answered before.
    at("score").textContent = percent(score);
    at("bar").style.width = percent(score);
    at("decision").replaceWith(Object.assign(badge(decision), { id: "decision" }));
    if (decision === "offer") at("offer").hidden = false;
    at("trouble").hidden = true;
  } catch (error) {
    at("trouble").textContent = error instanceof TypeError
      ? `The gateway at ${gateway} does not answer this page. Is it running, and is ${location.origin} in its allowed_origins?`
      : error.message;
    at("trouble").hidden = false;
  }
}

function badge(decision) {
  const badge = make("span", { className: "decision", textContent: decision });
  badge.dataset.decision = decision;
  return badge;
}

function percent(score) {
  return `${(100 * score).toFixed(1)}%`;
}

at("home").addEventListener("click", (event) => {
  event.preventDefault();
  home();
});
at("cart").addEventListener("click", cart);
at("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search(at("words").value);
});
addEventListener("pagehide", () => session.leave());
home();
