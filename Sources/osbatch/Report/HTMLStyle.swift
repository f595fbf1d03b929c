/// How the page looks: on light and dark screens, on narrow ones, and on paper.
enum HTMLStyle {
  static let sheet = """
    :root {
      color-scheme: light dark;
      --ink: #1c2024; --muted: #60646c; --line: #e0e1e6; --ground: #fcfcfd; --card: #ffffff;
      --done: #30a46c; --pending: #b0b4ba; --open: #0090ff; --failed: #e5484d; --unchanged: #8ecbab;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ink: #edeef0; --muted: #a0a5ad; --line: #363a3f; --ground: #111113; --card: #18191b;
        --pending: #5a6169;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--ground); color: var(--ink);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
    }
    main { max-width: 76rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
    h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
    p { margin: .2rem 0; overflow-wrap: anywhere; }
    .history, small { color: var(--muted); }
    .bar { display: flex; gap: 2px; height: .6rem; margin: 1.5rem 0 1rem; border-radius: .3rem; overflow: hidden; }
    .bar i { flex-basis: 3px; background: var(--tone); }
    .done { --tone: var(--done); } .pending { --tone: var(--pending); } .open { --tone: var(--open); }
    .failed { --tone: var(--failed); } .unchanged { --tone: var(--unchanged); }
    dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 2rem; }
    dl div {
      flex: 1 1 8rem; padding: .7rem 1rem; background: var(--card);
      border: 1px solid var(--line); border-left: .3rem solid var(--tone, var(--line)); border-radius: .4rem;
    }
    dl .zero { opacity: .55; }
    dt { color: var(--muted); font-size: .85rem; }
    dd { margin: 0; font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
    details { margin: 1rem 0; background: var(--card); border: 1px solid var(--line); border-radius: .4rem; overflow: hidden; }
    summary { padding: .7rem 1rem; font-weight: 600; cursor: pointer; border-left: .3rem solid var(--tone); }
    summary span { color: var(--muted); font-weight: 400; }
    details p { padding: .5rem 1rem 1rem; color: var(--muted); }
    table { width: 100%; border-collapse: collapse; }
    th, td { padding: .45rem 1rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
    th { color: var(--muted); font-size: .8rem; font-weight: 500; white-space: nowrap; }
    td bdi { white-space: pre-wrap; }
    td small { display: block; font-family: system-ui, sans-serif; font-size: .8rem; }
    .key, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .85rem; }
    .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
    @media (max-width: 45rem) {
      main { padding: 1.25rem .75rem; }
      thead { display: none; }
      tr { display: block; padding: .4rem 0; border-top: 1px solid var(--line); }
      td { display: block; border: 0; padding: .1rem 1rem; text-align: left; }
      .number { text-align: left; }
    }
    @media print { body { background: none; } details { border: 0; } .bar i, summary, dl div { print-color-adjust: exact; } }

    """
}
