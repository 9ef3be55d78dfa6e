//! The stream of numbers that look random, by the generator's published figures, and the ids that are made of it.

use crate::page::NOON;
use session_tracker::random::Random;
use session_tracker::time::Wall;

#[test]
fn it_is_the_stream_of_xoshiro256_plus_plus() {
    let mut random = Random::new([1, 2, 3, 4]);
    let stream = [
        41_943_041,
        58_720_359,
        3_588_806_011_781_223,
        3_591_011_842_654_386,
        9_228_616_714_210_784_205,
        9_973_669_472_204_895_162,
    ];
    assert_eq!([(); 6].map(|()| random.bits()), stream);
}

#[test]
fn an_id_is_its_moment_and_seventy_four_bits_of_the_stream() {
    let mut random = Random::new([1, 2, 3, 4]);
    let ids: Vec<u128> = (0..200).map(|_| random.uuid(Wall(NOON)).as_u128()).collect();
    let varying = ids.iter().fold(0, |varying, id| varying | (id ^ ids[0]));
    assert_eq!(varying, 0x0000_0000_0000_0fff_3fff_ffff_ffff_ffff, "all but the moment, the version and the variant");
    assert!(ids.iter().all(|id| (id >> 80) as u64 == NOON && id >> 76 & 15 == 7));
}
