//! What a visit looks like from the tracker's side, told as stories: simulated time, a network that does as it is told.

mod backend;
mod offline;
mod page;
mod storage;

mod activity;
mod adoption;
mod choices;
mod claims;
mod coming_back;
mod delivery;
mod domain;
mod exits;
mod faults;
mod golden;
mod later;
mod ledger;
mod limits;
mod lines;
mod meeting;
mod options;
mod outbox;
mod over;
mod people;
mod presence;
mod queue;
mod random;
mod replies;
mod returns;
mod scanning;
mod sections;
mod sites;
mod standing;
mod tabs;
mod view;
mod visits;
