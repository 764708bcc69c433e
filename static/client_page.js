// The client's page: editing, notes, removing.

import "./answers.js";
import "./dialogs.js";
import "./client/edit.js";
import "./client/notes.js";
import "./client/remove.js";
