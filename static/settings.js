// The settings: forms that answer in place, and lists that others may change meanwhile.

import "./answers.js";
import "./confirm.js";
import "./copy.js";
import "./settings/account.js";
import "./settings/members.js";
import "./settings/team.js";
import "./settings/zone_clock.js";
