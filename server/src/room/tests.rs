//! The rules of rooms as stories, without a store.

use super::*;

const MADE: &str = "2026-03-01T12:00:00.000Z";

fn at(seconds: u64) -> Timestamp {
    Timestamp::parse(MADE).unwrap().plus(Duration::from_secs(seconds))
}

fn room() -> Room {
    Room {
        id: Uuid::from_u128(1),
        owner_id: "ada".into(),
        is_active: true,
        max_participants: 2,
        created_at: at(0),
        updated_at: at(0),
        last_seen_at: None,
        participant_count: 0,
    }
}

fn stranger() -> Standing {
    Standing { was_in: false, seated: false, seats_taken: 0 }
}

fn invited(room: &Room, standing: Standing, seconds: u64) -> Result<(), RoomRefusal> {
    room.admit("eve", AccessMethod::Invite, standing, at(seconds), &RoomTiming::default())
}

#[test]
fn a_new_room_waits_for_its_first_guest_as_long_as_a_used_one_stays() {
    assert_eq!(invited(&room(), stranger(), 3_599), Ok(()));
    assert_eq!(invited(&room(), stranger(), 3_600), Err(RoomRefusal::Expired));
}

#[test]
fn whoever_is_seen_keeps_the_link_alive_even_if_they_have_left_since() {
    let room = Room { last_seen_at: Some(at(1_000)), participant_count: 0, ..room() };
    assert_eq!(invited(&room, stranger(), 4_599), Ok(()));
    assert_eq!(invited(&room, stranger(), 4_600), Err(RoomRefusal::Expired));
}

#[test]
fn a_closed_room_is_as_good_as_none() {
    let room = Room { is_active: false, ..room() };
    assert_eq!(invited(&room, stranger(), 1), Err(RoomRefusal::NotFound));
}

#[test]
fn a_full_room_takes_nobody_new_and_turns_nobody_out() {
    let full = Standing { seats_taken: 2, ..stranger() };
    assert_eq!(invited(&room(), full, 1), Err(RoomRefusal::Full));
    assert_eq!(invited(&room(), Standing { seats_taken: 1, ..full }, 1), Ok(()));
    assert_eq!(invited(&room(), Standing { seated: true, ..full }, 1), Ok(()));
}

#[test]
fn without_a_link_only_its_owner_and_those_who_were_in_it_come_back() {
    let timing = RoomTiming::default();
    let direct = |user: &str, standing| room().admit(user, AccessMethod::Direct, standing, at(9_000), &timing);
    assert_eq!(direct("ada", stranger()), Ok(()));
    assert_eq!(direct("bob", Standing { was_in: true, ..stranger() }), Ok(()));
    assert_eq!(direct("eve", stranger()), Err(RoomRefusal::NotFound));
}

#[test]
fn an_age_limit_ends_a_room_whoever_is_in_it() {
    let timing = RoomTiming { max_age: Some(Duration::from_secs(86_400)), ..RoomTiming::default() };
    let room = Room { last_seen_at: Some(at(86_399)), ..room() };
    assert_eq!(room.expires_at(&timing), at(86_400));
    let owner = |seconds| room.admit("ada", AccessMethod::Direct, stranger(), at(seconds), &timing);
    assert_eq!((owner(86_399), owner(86_400)), (Ok(()), Err(RoomRefusal::Expired)));
}

#[test]
fn somebody_is_present_for_three_beats() {
    let beat = Duration::from_secs(30);
    let mut ada = Participant {
        user_id: "ada".into(),
        device_id: Uuid::nil(),
        is_active: true,
        access_method: AccessMethod::Direct,
        joined_at: at(0),
        last_seen_at: at(10),
    };
    assert!(ada.is_present(at(99), beat));
    assert!(!ada.is_present(at(100), beat));
    ada.is_active = false;
    assert!(!ada.is_present(at(11), beat));
}

#[test]
fn a_timeout_is_said_as_people_say_it() {
    let said = |seconds| spoken(Duration::from_secs(seconds));
    assert_eq!(said(3_600), "1 hour");
    assert_eq!(said(7_200), "2 hours");
    assert_eq!(said(1_800), "30 minutes");
    assert_eq!(said(60), "1 minute");
    assert_eq!(said(5_401), "5401 seconds");
    assert_eq!(said(1), "1 second");
}
