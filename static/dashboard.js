// The dashboard: which rows are shown and in what order, adding clients, and taking a removal back.

import "./answers.js";
import "./dialogs.js";
import "./dashboard/view.js";
import "./dashboard/add_clients.js";
import "./dashboard/removed.js";
