(function () {
  var s = JSON.parse(document.getElementById("state").textContent), zh = document.documentElement.lang.indexOf("zh") === 0;
  if (!s.year) return;
  var sign = { CNY: "¥", GBP: "£", USD: "$", EUR: "€", JPY: "¥", HKD: "HK$", TWD: "NT$" }[s.currency] || s.currency + " ";
  function by(id) { return document.getElementById(id); }
  function num(n, d) { return n.toLocaleString("en-US", { minimumFractionDigits: d, maximumFractionDigits: d }); }
  function money(minor) {
    var n = minor / s.unit, front = n < 0 ? "-" + sign : sign, a = Math.abs(n);
    if (a < 10000) return front + num(a, s.unit > 1 ? 2 : 0);
    var steps = zh ? [[1e8, " 亿"], [1e4, " 万"]] : [[1e9, "B"], [1e6, "M"], [1e3, "K"]];
    for (var i = 0; i < steps.length; i++) if (a >= steps[i][0]) { var v = a / steps[i][0]; return front + num(v, v >= 100 ? 1 : 2) + steps[i][1]; }
    return front + num(a, 0);
  }
  function put(id, text) { var e = by(id); if (e) e.textContent = text; }
  function again() {
    var margin = by("margin").value / 100, lift = by("lift").value / 100, wage = by("wage").value * s.unit;
    var room = +by("capacity").value, platform = by("platform").value * s.unit;
    document.querySelectorAll(".slider").forEach(function (row) {
      var i = row.querySelector("input"), k = i.dataset.kind;
      row.querySelector("output").textContent = k === "percent" ? i.value + "%" : k === "money" ? money(i.value * s.unit) : num(+i.value, 0);
    });
    var gain = lift * margin * s.year, cost = 12 * (Math.max(1, Math.ceil(s.customers / room)) * wage + platform);
    var each = gain / 12 / s.customers, low = gain * Math.min(1, s.band[0]), high = gain * Math.max(1, s.band[1]);
    var verdict = low > cost ? "pays" : high < cost ? "does_not_pay" : "borderline";
    put("pool", money(margin * s.pool));
    put("pool-band", document.body.dataset.band.replace("{low}", money(margin * s.low)).replace("{high}", money(margin * s.high)));
    put("cac", money(margin * s.cac));
    put("guide", each > 0 ? num(wage / each, 0) : "∞");
    put("net", money(gain - cost));
    s.years.forEach(function (y, i) { put("year-" + (i + 1), money(margin * y)); });
    var v = by("verdict");
    v.className = "card verdict " + verdict;
    v.textContent = v.dataset[verdict].replace("{gain}", money(gain)).replace("{cost}", money(cost));
  }
  document.querySelectorAll(".slider input").forEach(function (i) { i.addEventListener("input", again); });
})();
